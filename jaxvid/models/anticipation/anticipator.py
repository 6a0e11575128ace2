"""Base class of anticipators: models that predict the next action from features of the past.

A model runs in two ways that give the same predictions: over whole observation windows, for training, and step by step
over a stream, in constant memory. The prediction at step t uses features up to step t only.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Labels, Mask
from jaxvid.models.anticipation.outputs import AnticipationOutputs

State = Any  # A tree of arrays for B streams, made by `init_state`.


class Anticipator(nn.Module):
  """Takes features (B, T, C) of past and present, and returns logits (B, T, K) of the action to come.

  Attributes:
    num_classes: K.
    width: D, channels of the model.
    embed: a linear layer takes the features to D channels; without it they must have D channels.
    input_norm: a layer norm of the features.
    dropout: rate on the features and before the classifier.
    dtype: of the computation.
  """

  num_classes: int
  width: int
  embed: bool = True
  input_norm: bool = False
  dropout: float = 0.0
  dtype: Any = jnp.float32

  def __call__(
    self, features: Features, mask: Mask, labels: Labels | None = None, train: bool = False
  ) -> AnticipationOutputs:
    """Predicts at each step of whole observation windows.

    Args:
      features: (B, T, C).
      mask: (B, T), False for padding and gaps: these steps are ignored, and their outputs are undefined.
      labels: (B, T), the action that each step is to anticipate, -1 where there is none; for teacher forcing.
      train: with dropout.
    """
    raise NotImplementedError

  def init_state(self, num_streams: int) -> State:
    """The state before the first step; its arrays share no memory, so that it can be donated."""
    raise NotImplementedError

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    """Predicts at the next step of each stream: (the next state, outputs without the axis T).

    Where `valid` is False, at a gap, the state stays as it is and the outputs are undefined.
    """
    raise NotImplementedError

  def setup(self) -> None:
    if self.input_norm:
      self.norm = nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype)
    if self.embed:
      self.to_width = nn.Dense(self.width, dtype=self.dtype)
    self.classifier = nn.Dense(self.num_classes, dtype=self.dtype)
    self.drop = nn.Dropout(self.dropout)

  def embed_features(self, features: Array, valid: Array, train: bool) -> Array:
    """Embeds features (..., C) in the model's width, (..., D); features that are not valid (NaN, say) count as zero."""
    x = jnp.where(valid[..., None], features, 0).astype(self.dtype)
    x = self.norm(x) if self.input_norm else x
    if not self.embed and x.shape[-1] != self.width:
      raise ValueError(f"width {self.width}, but features of {x.shape[-1]} channels: set embed=True, or that width")
    x = self.to_width(x) if self.embed else x
    return self.drop(x, deterministic=not train)

  def classify(self, hidden: Array, train: bool) -> Array:
    """Logits (..., K), float32, of hidden vectors (..., D)."""
    return self.classifier(self.drop(hidden, deterministic=not train)).astype(jnp.float32)

  def scan_over_time(self, method: str, state: State, *steps: Array, gradient: bool = True) -> tuple[State, Any]:
    """Scans the method named `method`, (state, *step) -> (state, outputs), over the axis T of arrays (B, T, ...).

    With gradient=False no gradient flows through the scan, so the backward pass has none.
    """
    variables = self.variables if gradient else jax.lax.stop_gradient(self.variables)
    steps = steps if gradient else jax.lax.stop_gradient(steps)
    detached = self.clone(parent=None)
    body = lambda state, step: detached.apply(variables, state, *step, method=method)  # noqa: E731
    state, outputs = jax.lax.scan(body, state, jax.tree.map(lambda x: jnp.moveaxis(x, 1, 0), steps))
    return state, jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), outputs)


def choose(valid: Bool[Array, "B"], new: State, old: State) -> State:
  """The new state of the streams whose step is valid, the old one of the others."""
  return jax.tree.map(lambda a, b: jnp.where(valid.reshape(-1, *[1] * (a.ndim - 1)), a, b), new, old)
