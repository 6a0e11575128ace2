"""A trained anticipation network with its attention: one pass gives predictions and attention weights."""

import os
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxvid.build import ConfigError
from jaxvid.models.anticipation.anticipators import action_guided, causal_transformer
from jaxvid.train import trained

# The youngest step that a step attends to, by age: 1 is the step before it, 0 the step itself.
_YOUNGEST = {action_guided.Model: 1, causal_transformer.Model: 0}


class Reading(NamedTuple):
  """Attention and predictions for a batch of observation windows.

  Attributes:
    attention: (B, H, T), attention weights of the last step, by head.
    predicted: (B, T, K), probabilities of the next action at each step; Action-Guided Attention feeds them back.
    gate: (B, T), the gate's mean over the dimensions: the share that the past gets; None without a gate.
    contribution: (B, T, K), logits that each step adds to the last step's through the attention, minus their mean over
      the classes; None for models with more than a linear layer and a gate after the attention.
  """

  attention: np.ndarray
  predicted: np.ndarray
  gate: np.ndarray | None
  contribution: np.ndarray | None


class AttentiveModel:
  """A trained anticipation network that attends to past steps.

  Attributes:
    experiment: the configuration it was trained with, built.
    class_names: label k is class_names[k].
    youngest: age of the youngest step that the last one attends to: 1, or 0 where it attends to itself.
    attention_window: how many valid steps the last one attends to, of the ages youngest, youngest + 1, ...
    feeds_back: True if the network's own predictions are an input of later steps, so that they can be replaced.
  """

  def __init__(self, model: trained.Trained) -> None:
    """Raises ConfigError for a network of another task, or one without attention."""
    anticipator = getattr(model.experiment.network, "anticipator", None)
    if anticipator is None:
      task = model.experiment.config["task"]["type"]
      raise ConfigError(f"config.task.type: {task}: explanations are for anticipation models; give the workdir of one")
    self.attention_window = getattr(anticipator, "window", 0)
    if type(anticipator) not in _YOUNGEST or not self.attention_window:
      name = model.experiment.config["model"]["anticipator"]["type"]
      raise ConfigError(
        f"config.model.anticipator: {name}{' with window 0' if type(anticipator) in _YOUNGEST else ''} attends to "
        "nothing, so there is no attention to explain; give a run of action_guided or causal_transformer"
      )
    self.experiment, self.class_names = model.experiment, list(model.class_names)
    self.youngest = _YOUNGEST[type(anticipator)]
    self.feeds_back = getattr(anticipator, "attention", "") == "predictions"
    self._variables = model.variables
    self._read, self._anticipate = jax.jit(self._apply), jax.jit(self._apply_with_history)

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest") -> "AttentiveModel":
    """Loads the latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is no such checkpoint.
      ConfigError: the network is of another task, or has no attention.
    """
    return cls(trained.load(str(workdir), checkpoint))

  def read(self, batch: Mapping[str, np.ndarray]) -> Reading:
    """Returns attention, predictions and gate of a batch with `features` (B, T, C) and `mask` (B, T)."""
    return jax.device_get(self._read(self._variables, batch["features"], batch["mask"]))

  def anticipate(self, features: np.ndarray, mask: np.ndarray, history: np.ndarray) -> np.ndarray:
    """Returns the last step's probabilities (B, K) with other past predictions fed back than the network's own.

    Args:
      features: (B, T, C).
      mask: (B, T), True = valid.
      history: (B, T) class ids; at such a step the network is fed this class with probability 1. -1 leaves the
        network's own prediction. Only for networks that feed back.
    """
    return jax.device_get(self._anticipate(self._variables, features, mask, history))

  def _apply(self, variables, features, mask):
    outputs = self.experiment.network.apply(variables, features, mask)
    gate = None if outputs.gate is None else outputs.gate.mean(-1)
    contribution = None
    if isinstance(self.experiment.network.anticipator, action_guided.Model):
      contribution = self.experiment.network.apply(variables, features, mask, outputs, method="contributions")
      contribution -= contribution.mean(-1, keepdims=True)
    return Reading(outputs.attention[:, :, -1], jax.nn.softmax(outputs.logits), gate, contribution)

  def _apply_with_history(self, variables, features, mask, history):
    outputs = self.experiment.network.apply(variables, features, mask, jnp.asarray(history), method="with_history")
    return jax.nn.softmax(outputs.logits[:, -1])
