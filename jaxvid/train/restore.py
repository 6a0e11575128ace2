"""The training state: new, or restored from checkpoints."""

from collections.abc import Callable
from typing import Any

import jax

from jaxvid.build import ConfigError
from jaxvid.data.store import Split
from jaxvid.train.checkpoint import LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.state import TrainState, create_state
from jaxvid.weights import clip_networks


def new_state(
  experiment: Experiment, source: Split, optimizer: Any, sharding: Callable[[TrainState], Any] | None = None
) -> TrainState:
  """The state before the first update.

  Args:
    experiment: with network, task and seed.
    source: the training split, for its feature contract.
    optimizer: of optax.
    sharding: see `create_state`.

  Raises:
    ConfigError: a module's settings do not fit the data.
  """
  batch = experiment.data.example_batch(source.contract)
  try:
    return create_state(
      experiment.network, experiment.task, optimizer, experiment.task.inputs(batch), experiment.seed, sharding
    )
  except ValueError as error:  # Modules check some settings only when they see shapes.
    raise ConfigError(f"config.model: {error}") from error


def restore(state: TrainState, experiment: Experiment, checkpoints: Checkpoints, source: Split) -> TrainState:
  """The state to train from: the first of own checkpoint, config.train.resume, init_from, backbone_from, `state`.

  Args:
    state: new, see `new_state`.
    experiment: with the settings of config.train.
    checkpoints: of the own workdir.
    source: the training split.

  Raises:
    CheckpointError: a checkpoint does not fit the configuration.
    ConfigError: it was trained on other classes or features than the dataset's.
  """
  train = experiment.train
  if checkpoints.steps() is not None:
    experiment.check_description(checkpoints.describe(), source)
    return checkpoints.restore(LATEST, state)
  if train.resume:
    with Checkpoints(train.resume) as other:
      experiment.check_description(other.describe(), source)
      return other.restore(LATEST, state)
  if train.init_from:
    with Checkpoints(train.init_from) as other:
      averaged = other.restore_parts(LATEST, {"ema": state.ema})["ema"]
    return state.replace(params=averaged, ema=jax.tree.map(jax.numpy.copy, averaged))
  if train.backbone_from:
    return _with_backbone(state, train.backbone_from)
  return state


def _with_backbone(state: TrainState, source: str) -> TrainState:
  """The state with parameters and batch norm statistics of the backbone from a workdir or packaged weights."""
  if "backbone" not in state.params:
    raise ConfigError("config.train.backbone_from: this network has no backbone; use init_from for a whole network")
  stats = {name: part["backbone"] for name, part in state.model_state.items() if "backbone" in part}
  if source in clip_networks.PACKAGED:
    like = {name: {"backbone": part} for name, part in {"params": state.params["backbone"], **stats}.items()}
    found = clip_networks.import_packaged(source, like)
    found = jax.tree.map(lambda array, x: jax.device_put(array, x.sharding), found, like)
    backbone = {name: part["backbone"] for name, part in found.items()}
  else:
    paths = {"params": "ema/backbone"} | {name: f"model_state/{name}/backbone" for name in stats}
    wanted = {"params": state.params["backbone"], **stats}
    with Checkpoints(source) as other:
      found = other.restore_parts(LATEST, {path: wanted[name] for name, path in paths.items()})
    backbone = {name: found[path] for name, path in paths.items()}
  params = dict(state.params, backbone=backbone["params"])
  model_state = {
    name: dict(part, backbone=backbone[name]) if name in backbone else part for name, part in state.model_state.items()
  }
  return state.replace(params=params, ema=jax.tree.map(jax.numpy.copy, params), model_state=model_state)
