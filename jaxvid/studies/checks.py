"""What can be known of a configuration before it is trained. jax is imported here, when it is needed, and only as a
tracer on the CPU: the accelerator's memory is for the runs.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from jaxvid import progress
from jaxvid.studies.plan import Study, StudyError

# Length of the feature vectors to trace a network with; what they really are, only the dataset knows. Clips have none.
_DIM = 24


def check(study: Study, names: Sequence[str]) -> None:
  """Builds the rows of these names and traces their networks, so that a mistake in the last row shows before the first
  one is trained.

  Raises:
    StudyError: names the row and what is wrong.
  """
  for row in progress.bar([row for row in study.rows if row.name in names], desc="check", unit="row"):
    try:
      _trace(row.config)
    except (ValueError, TypeError) as error:
      # What jax says after its first line is about the tracing.
      raise StudyError(f"study {study.name}: row {row.name}: {str(error).splitlines()[0]}") from error


def same_meaning(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
  """Whether two configurations are the same experiment: one may set to its default what the other leaves out."""
  try:
    one, other = (dataclasses.replace(_experiment(config), config={}) for config in (one, other))
  except ValueError:  # One of another version of jaxvid, say.
    return False
  return one == other


def _trace(config):
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
