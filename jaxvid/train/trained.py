"""A trained model, from nothing but the workdir that it was trained in."""

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
  """What a checkpoint holds for those who do not train on.

  Attributes:
    experiment: the configuration that the checkpoint was trained with, built: network, task, data settings.
    variables: of the network, with the averaged parameters, on this process's first device.
    class_names: label k is class_names[k]; empty where the names are not known.
    contract: of the features it was trained on; None where it was trained on clips.
  """

  experiment: Experiment
  variables: Any
  class_names: Sequence[str]
  contract: FeatureContract | None


def load(workdir: str, kind: str = LATEST) -> Trained:
  """The latest or best checkpoint of a workdir. No configuration file is needed: a checkpoint holds its own.

  Raises:
    CheckpointError: there is none.
    ConfigError: its configuration is of a version of jaxvid that had other settings.
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
  """The network's variables as shapes, for features of this contract, or clips."""
  batch = experiment.data.example_batch(contract)
  try:
    return dict(jax.eval_shape(experiment.network.init, jax.random.key(0), *experiment.task.inputs(batch)))
  except ValueError as error:  # What a module finds wrong with its settings once it sees shapes.
    raise ConfigError(f"config.model: {error}") from error
