"""Every configuration builds, is complete, and refuses what nothing reads."""

import dataclasses
import importlib
import pathlib

import jax
import jax.numpy as jnp
import ml_collections
import pytest

from jaxvid.build import ConfigError, build_network, types
from jaxvid.data.pipeline import Data
from jaxvid.evaluators.localization import Evaluator
from jaxvid.tasks.localization import Detection, Task
from jaxvid.train.experiment import Experiment, Train
from jaxvid.train.optim import Optim, WarmupCosine

FOLDER = pathlib.Path(__file__).parents[1] / "configs"
SHARED_BY_CONFIGS = ("__init__", "common", "hapt_common")
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in SHARED_BY_CONFIGS)
VARIANTS = [(name, arg) for name in NAMES for arg in ("", "smoke")]
VARIANTS += [(name, arg) for name in NAMES if name.startswith("hapt") for arg in ("small", "fold=7", "small,fold=30")]


def get(name, arg=""):
  return importlib.import_module(f"configs.{name}").get_config(arg)


@pytest.mark.parametrize("name, arg", VARIANTS)
def test_builds(name, arg, tmp_path):
  config = get(name, arg).to_dict()
  experiment = Experiment.from_config(config, str(tmp_path))
  steps = min(experiment.data.buckets)
  batch = dict(
    features=jnp.zeros((1, steps, 24)),
    mask=jnp.ones((1, steps), bool),
    segments=jnp.zeros((1, 16, 2)),
    labels=jnp.zeros((1, 16), int),
    segment_mask=jnp.ones((1, 16), bool),
    **{key: jnp.ones(1) for key in ("fps", "feat_stride", "num_frames", "duration")},
  )

  def everything(batch):
    out, variables = experiment.network.init_with_output(jax.random.key(0), *experiment.task.inputs(batch))
    loss, *_ = experiment.task.loss(out, batch, experiment.task.init_state(), train=True)
    return loss, experiment.task.predict(out, batch), experiment.optim.make(10)[0].init(variables["params"])

  loss, found, _ = jax.eval_shape(everything, batch)
  assert loss.shape == () and found.segments.shape == (1, config["task"]["detection"]["max_detections"], 2)
  divisor = 2 ** (len(experiment.task.regression_ranges) - 1)
  assert all(bucket % divisor == 0 for bucket in experiment.data.buckets)
  assert max(experiment.data.buckets) >= experiment.data.max_len


@pytest.mark.parametrize("name", NAMES)
def test_every_key_can_be_set(name):
  """A key that a configuration lacks cannot be set on the command line, so each section is complete."""
  config = get(name).to_dict()
  sections = [
    (config["task"], Task),
    (config["task"]["detection"], Detection),
    (config["data"], Data),
    (config["optim"], Optim),
    (config["optim"]["schedule"], WarmupCosine),
    (config["train"], Train),
    (config["eval"], Evaluator),
  ]
  for section, settings in sections:
    assert {field.name for field in dataclasses.fields(settings)} - section.keys() == set()


@pytest.mark.parametrize(
  "section, key",
  [
    ("", "optimizer"),
    ("task", "num_class"),
    ("data", "max_length"),
    ("optim", "learning_rate"),
    ("train", "epochs"),
    ("eval", "splits"),
    ("model", "fpn"),
    ("model.backbone", "embd_dim"),
    ("model.neck", "start"),
    ("model.head", "depth"),
    ("task.detection", "topk"),
    ("optim.schedule", "gamma"),
    ("data.made_up", "classes"),
  ],
)
def test_unread_keys_are_errors(section, key, tmp_path):
  config = ml_collections.ConfigDict(get("quickstart"))
  with config.unlocked():
    part = config
    for name in filter(None, section.split(".")):
      part = part[name]
    part[key] = 1
  with pytest.raises(ConfigError, match=f"{key}: nothing reads this key"):
    experiment = Experiment.from_config(config.to_dict(), str(tmp_path))
    experiment.optim.make(1)
    experiment.open_split("train")


def test_unknown_types_list_those_there_are():
  model = get("quickstart").model.to_dict()
  with pytest.raises(
    ConfigError, match='config.model.backbone.type: no backbone "resnet"; there are: local_transformer, sgp'
  ):
    build_network(dict(model, backbone=dict(type="resnet")), 3)
  assert types("head") == ["point"] and types("task") == ["localization"] and types("evaluator") == ["localization"]


def test_missing_keys_are_named(tmp_path):
  config = get("quickstart").to_dict()
  del config["optim"]["lr"]
  with pytest.raises(ConfigError, match="config.optim.lr: missing"):
    Experiment.from_config(config, str(tmp_path))


@pytest.mark.parametrize(
  "arg, message", [("smal", 'unknown variant "smal"'), ("fold=31", "HAPT has the folds 1 to 30")]
)
def test_unknown_variants(arg, message):
  with pytest.raises(ValueError, match=message):
    get("hapt_sgp", arg)
