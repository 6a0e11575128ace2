"""A trained anticipation network whose attention can be read."""

import os
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxvid.build import ConfigError
from jaxvid.models.anticipation.anticipators import action_guided, causal_transformer
from jaxvid.train import trained

# Age of the youngest step that a step attends to: the one before, or itself.
_YOUNGEST = {action_guided.Model: 1, causal_transformer.Model: 0}


class Reading(NamedTuple):
  """Of each window of a batch.

  Attributes:
    attention: (B, H, T), how much the last step attends to each.
    predicted: (B, T, K), what is anticipated at each step; with Action-Guided Attention this is fed back.
    gate: (B, T), its mean over the dimensions: the share of the past; None without a gate.
    contribution: (B, T, K), what each step adds to the last one's logits through the attention, above the mean over the
      classes; None of models in which more than a linear layer and a gate follows it.
  """

  attention: np.ndarray
  predicted: np.ndarray
  gate: np.ndarray | None
  contribution: np.ndarray | None


class AttentiveModel:
  """An anticipation network that attends to its past.

  Attributes:
    experiment: the configuration it was trained with, built.
    class_names: of the actions.
    youngest, window: the ages of the steps that are attended to begin with `youngest` and are `window` many.
    feeds_back: whether its predictions are fed back, so that others can be put in their place.
  """

  def __init__(self, model: trained.Trained) -> None:
    """Raises ConfigError where the network is none that anticipates, or attends to nothing."""
    anticipator = getattr(model.experiment.network, "anticipator", None)
    if anticipator is None:
      raise ConfigError("config.model: no anticipation network; only those are explained")
    self.window = getattr(anticipator, "window", 0)
    if type(anticipator) not in _YOUNGEST or not self.window:
      name = model.experiment.config["model"]["anticipator"]["type"]
      raise ConfigError(
        f"config.model.anticipator: {name}{' with window 0' if type(anticipator) in _YOUNGEST else ''} attends to "
        "nothing, so there is no attention to explain; give a run of action_guided or causal_transformer"
      )
    self.experiment, self.class_names = model.experiment, list(model.class_names)
    self.youngest = _YOUNGEST[type(anticipator)]
    self.feeds_back = getattr(anticipator, "attention", "") == "predictions"
    self._variables = model.variables
    self._read, self._anticipate = jax.jit(self._reading), jax.jit(self._counterfactual)

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest") -> "AttentiveModel":
    """The latest or best checkpoint of a workdir; raises as `trained.load` does, and ConfigError where nothing is
    attended to."""
    return cls(trained.load(str(workdir), checkpoint))

  def read(self, batch: Mapping[str, np.ndarray]) -> Reading:
    """Attention, predictions and gate of a batch with features (B, T, C) and mask (B, T)."""
    return jax.device_get(self._read(self._variables, batch["features"], batch["mask"]))

  def anticipate(self, features: np.ndarray, mask: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """(B, K): what is anticipated at the last step if at each step with `taught` (B, T) of 0 or more that action had
    been predicted; only of networks that feed back."""
    return jax.device_get(self._anticipate(self._variables, features, mask, taught))

  def _reading(self, variables, features, mask):
    outputs = self.experiment.network.apply(variables, features, mask)
    gate = None if outputs.gate is None else outputs.gate.mean(-1)
    contribution = None
    if isinstance(self.experiment.network.anticipator, action_guided.Model):
      contribution = self.experiment.network.apply(variables, features, mask, outputs, method="contributions")
      contribution -= contribution.mean(-1, keepdims=True)
    return Reading(outputs.attention[:, :, -1], jax.nn.softmax(outputs.logits), gate, contribution)

  def _counterfactual(self, variables, features, mask, taught):
    outputs = self.experiment.network.apply(variables, features, mask, jnp.asarray(taught), method="with_history")
    return jax.nn.softmax(outputs.logits[:, -1])
