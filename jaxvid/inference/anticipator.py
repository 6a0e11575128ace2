"""A trained anticipation model, run step by step over streams of features."""

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
  """Features or a saved state that do not fit the model; the message says what is wrong and what to do."""


class Anticipator:
  """Anticipates the next action at each step of one or more streams; memory does not grow with their length.

    state = anticipator.init_state()
    for feature in features:                     # (C,) each
      state, predictions = anticipator.step(state, feature[None])

  Attributes:
    class_names: label k is class_names[k]; empty if unknown.
    contract: FeatureContract of the features that the model was trained on.
    every: seconds from one step of a stream to the next, as in training.
    tau_a: anticipation time, seconds.
  """

  def __init__(self, workdir: str | os.PathLike, checkpoint: str = "latest") -> None:
    """Loads the latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is no such checkpoint.
      ConfigError: the model is of another task.
    """
    model = trained.load(os.fspath(workdir), checkpoint)
    experiment = model.experiment
    if not isinstance(experiment.network, AnticipationNetwork):
      task = experiment.config["task"]["type"]
      raise ConfigError(f"{workdir}: a model of {task}; give the workdir of an anticipation model")
    self.class_names, self.contract = list(model.class_names), model.contract
    self.every, self.tau_a = experiment.data.every, experiment.data.tau_a
    network, task, self._variables = experiment.network, experiment.task, model.variables
    self._init_state = jax.jit(network.init_state, static_argnums=0)

    def step(variables, state, features, valid):
      state, outputs = network.apply(variables, state, features, valid, method="step")
      return state, task.probabilities(outputs)

    self._step = jax.jit(step, donate_argnums=1)  # The new state takes the memory of the old.

  def init_state(self, num_streams: int = 1) -> Any:
    """State of `num_streams` streams before their first step."""
    return self._init_state(num_streams)

  def step(self, state: Any, features: np.ndarray, valid: np.ndarray | None = None) -> tuple[Any, Predictions]:
    """Advances B streams by one step.

    Args:
      state: of init_state or the last step; its memory is freed, so it cannot be used again.
      features: (B, C), the newest step of each stream.
      valid: (B,) bool, False for a gap: that stream's state stays as it is, its features are ignored, and its
        predictions are meaningless. None for no gaps.

    Returns:
      (next state, Predictions of B streams).

    Raises:
      StreamError: the features have another shape, or are not finite at a valid step.
    """
    features = np.asarray(features, np.float32)
    if features.ndim != 2 or features.shape[1] != self.contract.dim:
      raise StreamError(
        f"features: shape {features.shape}, but the model takes (streams, {self.contract.dim}); reshape them"
      )
    valid = np.ones(len(features), bool) if valid is None else np.asarray(valid, bool)
    if not np.isfinite(features[valid]).all():
      bad = np.flatnonzero(valid & ~np.isfinite(features).all(1)).tolist()
      raise StreamError(f"features: not finite in stream {bad}; extract them again, or mark a gap with valid=False")
    state, predictions = self._step(self._variables, state, features, valid)
    return state, jax.device_get(predictions)

  def save_state(self, path: str | os.PathLike, state: Any, time: float = 0.0) -> None:
    """Writes a state as .npz, with the identity of the model, so that another process can continue the streams.

    Args:
      path: of the file; it appears when it is complete.
      state: of init_state or the last step.
      time: seconds that the streams have run for.
    """
    arrays = {f"state_{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    with files.replacing(path) as temporary:
      with open(temporary, "wb") as stream:
        np.savez(stream, belongs_to=json.dumps(self._identity), time=time, **arrays)

  def load_state(self, path: str | os.PathLike) -> tuple[Any, float]:
    """Reads a file of `save_state`: (state, seconds that the streams have run for).

    Raises:
      StreamError: the file cannot be read, or is of a model with other classes, features or sizes.
    """
    # Read the file: arrays, and what identifies its model.
    try:
      with np.load(path, allow_pickle=False) as stored:
        values = {name: stored[name] for name in stored.files}
      belongs_to, time = json.loads(str(values.pop("belongs_to"))), float(values.pop("time"))
      leaves = [values[f"state_{i}"] for i in range(len(values))]
    except (OSError, ValueError, KeyError, EOFError) as error:
      raise StreamError(f"{path}: not a saved state of a stream ({error}); remove it to begin anew") from error
    # Compare the models, then the arrays.
    for name, mine in self._identity.items():
      if belongs_to.get(name) != mine:
        raise StreamError(
          f"{path}: {name}: the state is of a model with {_short(belongs_to.get(name))}, this one has "
          f"{_short(mine)}; give the model's own workdir, or remove the file to begin anew"
        )
    num_streams = len(leaves[0]) if leaves else 1
    shapes, tree = jax.tree.flatten(jax.eval_shape(lambda: self._init_state(num_streams)))
    expected, found = [leaf.shape for leaf in shapes], [leaf.shape for leaf in leaves]
    if expected != found:
      raise StreamError(
        f"{path}: arrays of shapes {found}, but this model has {expected}; remove the file to begin anew"
      )
    return jax.tree.unflatten(tree, leaves), time

  @property
  def _identity(self):
    """What a saved state and a model must have in common."""
    return {"class_names": self.class_names, "contract": self.contract.to_dict(), "every": self.every}


def _short(value):
  text = json.dumps(value)
  return text if len(text) < 120 else f"{text[:117]}..."
