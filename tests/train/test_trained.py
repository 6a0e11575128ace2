"""A trained model comes back from its workdir alone: the averaged parameters, and settings as they were."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tiny
from jaxvid.build import ConfigError
from jaxvid.train import trained
from jaxvid.train.checkpoint import LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.state import create_state

CONTRACT = dict(
  extractor="i3d", weights_hash="", fps=None, feat_stride=4.0, num_frames=16.0, dim=6, normalization="none"
)


def save(folder, **changes):
  config = tiny.get_config().to_dict()
  experiment = Experiment.from_config(config, str(folder))
  optimizer, _ = experiment.optim.make(steps_per_epoch=1)
  inputs = (np.zeros((1, 64, 6), np.float32), np.ones((1, 64), bool))
  shapes = jax.eval_shape(lambda: create_state(experiment.network, experiment.task, optimizer, inputs, 0))
  state = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
  state = state.replace(ema=jax.tree.map(jnp.ones_like, state.ema))
  description = {"config": config, "class_names": ["a", "b"], "contract": CONTRACT} | changes
  with Checkpoints(folder) as checkpoints:
    checkpoints.save(LATEST, 5, state, description)
  return experiment


def test_comes_back(tmp_path):
  experiment = save(tmp_path)
  model = trained.load(str(tmp_path))
  assert list(model.variables) == ["params"]
  assert all((leaf == 1).all() for leaf in jax.tree.leaves(model.variables)), "the average, not the parameters"
  assert model.experiment.task == experiment.task and model.experiment.data == experiment.data
  assert model.class_names == ["a", "b"] and model.contract.fps is None and model.contract.dim == 6


def test_names_that_are_not_known(tmp_path):
  save(tmp_path, class_names=None)
  assert trained.load(str(tmp_path)).class_names == ()


def test_settings_of_another_version(tmp_path):
  config = tiny.get_config().to_dict()
  config["model"]["backbone"]["gone"] = 1
  save(tmp_path, config=config)
  with pytest.raises(ConfigError, match="config.model.backbone.gone: nothing reads this key"):
    trained.load(str(tmp_path))
