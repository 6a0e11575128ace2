"""Workdirs for imported weights, as a training of no steps would leave them."""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxvid import files
from jaxvid.train import config_file
from jaxvid.train.checkpoint import LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.state import TrainState


def refuse_existing(workdir: str | os.PathLike) -> None:
  """Raises FileExistsError if the workdir holds a checkpoint."""
  with Checkpoints(workdir) as checkpoints:
    if checkpoints.steps() is not None:
      raise FileExistsError(f"{workdir} holds a checkpoint already; name another --workdir")


def write_workdir(
  workdir: str | os.PathLike,
  config: Mapping[str, Any],
  description: Mapping[str, Any],
  variables: Mapping[str, Any],
  ema: Any,
  docstring: str,
) -> None:
  """Writes a checkpoint of step 0 and the configuration as a file.

  Args:
    workdir: made if absent.
    config: complete, as plain values.
    description: of the checkpoint, see jaxvid.train.experiment.Experiment.describe.
    variables: {"params": ..., other collections}, NumPy arrays.
    ema: the averaged parameters.
    docstring: of the configuration's file.
  """
  experiment = Experiment.from_config(config, os.fspath(workdir))
  optimizer, _ = experiment.optim.make(steps_per_epoch=1)
  variables, ema = jax.tree.map(jnp.asarray, dict(variables)), jax.tree.map(jnp.asarray, ema)
  params = variables.pop("params")
  opt_state = jax.jit(optimizer.init)(params)
  state = TrainState(jnp.int32(0), params, variables, opt_state, ema, experiment.task.init_state())
  folder = pathlib.Path(workdir)
  files.write_json(folder / "config.json", config)
  files.write_text(folder / "config.py", config_file.write(config, docstring))
  with Checkpoints(workdir) as checkpoints:
    checkpoints.save(LATEST, 0, state, description)
