"""Loads a trained model from its workdir; no configuration file is needed."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax

from jaxvid.build import ConfigError
from jaxvid.formats.contract import FeatureContract
from jaxvid.train.checkpoint import LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.workdir import with_tuples


@dataclasses.dataclass(frozen=True)
class Trained:
  """A trained model, for inference.

  Attributes:
    experiment: network, task and data settings that the checkpoint was trained with.
    variables: of the network, with the averaged parameters, on this process's first device.
    class_names: label k is class_names[k]; empty if the names are not known.
    contract: of the features it was trained on; None if it was trained on clips.
  """

  experiment: Experiment
  variables: Any
  class_names: Sequence[str]
  contract: FeatureContract | None


def load(workdir: str, kind: str = LATEST) -> Trained:
  """Loads the latest or best checkpoint of a workdir.

  Raises:
    CheckpointError: there is none.
    ConfigError: its configuration cannot be built by this version of jaxvid.
  """
  with Checkpoints(workdir) as checkpoints:
    description = checkpoints.describe(kind)
    experiment = Experiment.from_config(with_tuples(description["config"]), workdir)
    contract = description["contract"] and FeatureContract.from_dict(description["contract"])
    placed = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    shapes = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=placed), _shapes(experiment, contract)
    )
    parts = {"ema": shapes.pop("params"), "model_state": shapes}
    restored = checkpoints.restore_parts(kind, parts)
  variables = {"params": restored["ema"], **restored["model_state"]}
  return Trained(experiment, variables, description["class_names"] or (), contract)


def _shapes(experiment: Experiment, contract: FeatureContract | None) -> dict[str, Any]:
  """Shapes of the network's variables, for features of this contract, or for clips."""
  batch = experiment.data.example_batch(contract)
  try:
    return dict(jax.eval_shape(experiment.network.init, jax.random.key(0), *experiment.task.inputs(batch)))
  except ValueError as error:  # Modules check some settings only when they see shapes.
    raise ConfigError(f"config.model: {error}") from error
