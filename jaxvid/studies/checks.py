"""Checks of a study's configurations before they are trained.

jax is imported inside the functions and traces on the CPU only: the accelerator's memory is for the runs.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from jaxvid import progress
from jaxvid.studies.plan import Study, StudyError

# Length of the feature vectors that a network is traced with; the true one is in the dataset. Clips have none.
_DIM = 24


def check(study: Study, names: Sequence[str]) -> None:
  """Builds and traces the networks of the named rows, so that mistakes show before the first row is trained.

  Args:
    study: with all its rows.
    names: of the rows to check.

  Raises:
    StudyError: a row cannot be built or traced; names the row and what is wrong.
  """
  for row in progress.bar([row for row in study.rows if row.name in names], desc="check", unit="row"):
    try:
      _trace(row.config)
    except (ValueError, TypeError) as error:
      # Only the first line: jax adds lines about its tracebacks.
      raise StudyError(f"study {study.name}: row {row.name}: {str(error).splitlines()[0]}") from error


def same_meaning(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
  """Whether two configurations are the same experiment once defaults are filled in."""
  try:
    one, other = (dataclasses.replace(_experiment(config), config={}) for config in (one, other))
  except ValueError:  # One cannot be built; it may be of another version of jaxvid.
    return False
  return one == other


def _trace(config):
  """Traces initialisation, forward pass and prediction; raises what they raise."""
  import jax
  import jax.numpy as jnp

  from jaxvid.formats.contract import FeatureContract

  experiment = _experiment(config)
  dim = sum(config["model"].get("backbone", {}).get("input_dims") or (_DIM,))
  batch = experiment.data.example_batch(FeatureContract("", "", None, None, None, dim, ""))
  batch |= {key: jnp.ones(1) for key in ("fps", "feat_stride", "num_frames", "duration")}

  def forward(batch):
    outputs, _ = experiment.network.init_with_output(jax.random.key(0), *experiment.task.inputs(batch))
    return experiment.task.predict(outputs, batch)

  jax.eval_shape(forward, batch)


def _experiment(config):
  import jax

  jax.config.update("jax_platforms", "cpu")
  from jaxvid.train.experiment import Experiment

  return Experiment.from_config(config, workdir="")
