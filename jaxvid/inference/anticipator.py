"""A trained anticipation, run step by step over streams."""

import json
import os
from typing import Any

import jax
import numpy as np

from jaxvid import files
from jaxvid.build import ConfigError
from jaxvid.models.anticipation.network import AnticipationNetwork
from jaxvid.tasks.anticipation import Predictions
from jaxvid.train import trained


class StreamError(ValueError):
  """Something that a stream cannot go on from; says what, and what to do."""


class Anticipator:
  """A network that tells what comes next, in memory that does not grow.

    state = anticipator.init_state()
    for feature in features:                     # (C,) each
      state, predictions = anticipator.step(state, feature[None])

  Attributes:
    class_names: of the actions; empty where they are not known.
    contract: FeatureContract of the features it was trained on.
    every: seconds from one step to the next, as in training.
    tau_a: anticipation time, seconds.
  """

  def __init__(self, workdir: str | os.PathLike, checkpoint: str = "latest") -> None:
    """Loads the latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is none.
      ConfigError: its model anticipates nothing.
    """
    model = trained.load(os.fspath(workdir), checkpoint)
    experiment = model.experiment
    if not isinstance(experiment.network, AnticipationNetwork):
      task = experiment.config["task"]["type"]
      raise ConfigError(f"{workdir}: its model does {task}; give the workdir of an anticipation")
    self.class_names, self.contract = list(model.class_names), model.contract
    self.every, self.tau_a = experiment.data.every, experiment.data.tau_a
    network, task, self._variables = experiment.network, experiment.task, model.variables
    self._init_state = jax.jit(network.init_state, static_argnums=0)

    def step(variables, state, features, valid):
      state, outputs = network.apply(variables, state, features, valid, method="step")
      return state, task.probabilities(outputs)

    self._step = jax.jit(step, donate_argnums=1)  # The state's memory is used again.

  def init_state(self, num_streams: int = 1) -> Any:
    """The state of so many streams before their first step."""
    return self._init_state(num_streams)

  def step(self, state: Any, features: np.ndarray, valid: np.ndarray | None = None) -> tuple[Any, Predictions]:
    """One step of each stream.

    Args:
      state: the last one; it is used up.
      features: (B, C).
      valid: (B,) bool, False for a gap: that stream's state stays as it is, what its features hold does not matter, and
        its predictions mean nothing. None for no gaps.

    Returns:
      (the next state, predictions of B streams).

    Raises:
      StreamError: features of another shape, or not finite where they are valid.
    """
    features = np.asarray(features, np.float32)
    if features.ndim != 2 or features.shape[1] != self.contract.dim:
      raise StreamError(f"features: shape {features.shape}, but the model takes (streams, {self.contract.dim})")
    valid = np.ones(len(features), bool) if valid is None else np.asarray(valid, bool)
    if not np.isfinite(features[valid]).all():
      bad = np.flatnonzero(valid & ~np.isfinite(features).all(1)).tolist()
      raise StreamError(f"features: not finite in stream {bad}; extract them again, or pass the step as a gap")
    state, predictions = self._step(self._variables, state, features, valid)
    return state, jax.device_get(predictions)

  def save_state(self, path: str | os.PathLike, state: Any, time: float = 0.0) -> None:
    """Writes a state as .npz, with what it belongs to, so that another process goes on from there.

    Args:
      path: of the file, written wholly or not at all.
      state: to be kept.
      time: seconds that the streams have run for.
    """
    arrays = {f"state_{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    with files.replacing(path) as temporary:
      with open(temporary, "wb") as stream:
        np.savez(stream, belongs_to=json.dumps(self._identity), time=time, **arrays)

  def load_state(self, path: str | os.PathLike) -> tuple[Any, float]:
    """(state, seconds that the streams have run for) of `save_state`.

    Raises:
      StreamError: the file cannot be read, or belongs to a model with other classes, features or sizes.
    """
    try:
      with np.load(path, allow_pickle=False) as stored:
        values = {name: stored[name] for name in stored.files}
      belongs_to, time = json.loads(str(values.pop("belongs_to"))), float(values.pop("time"))
      leaves = [values[f"state_{i}"] for i in range(len(values))]
    except (OSError, ValueError, KeyError, EOFError) as error:
      raise StreamError(f"{path}: no state of a stream ({error}); remove it to begin anew") from error
    for name, mine in self._identity.items():
      if belongs_to.get(name) != mine:
        raise StreamError(
          f"{path}: {name}: the state belongs to a model with {_short(belongs_to.get(name))}, this one has "
          f"{_short(mine)}; give the model's own workdir, or remove the file to begin anew"
        )
    num_streams = len(leaves[0]) if leaves else 1
    shapes, tree = jax.tree.flatten(jax.eval_shape(lambda: self._init_state(num_streams)))
    expected, found = [leaf.shape for leaf in shapes], [leaf.shape for leaf in leaves]
    if expected != found:
      raise StreamError(f"{path}: arrays of shapes {found}, but this model's are {expected}; remove it to begin anew")
    return jax.tree.unflatten(tree, leaves), time

  @property
  def _identity(self):
    return {"class_names": self.class_names, "contract": self.contract.to_dict(), "every": self.every}


def _short(value):
  text = json.dumps(value)
  return text if len(text) < 120 else f"{text[:117]}..."
