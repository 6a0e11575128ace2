"""The contract of models that anticipate, and what they share.

One model runs in two ways that agree: over whole windows, for training, and step by step over a stream, in memory that
does not grow. A prediction at step t is made of features up to step t.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Labels, Mask
from jaxvid.models.anticipation.outputs import AnticipationOutputs

State = Any  # A tree of arrays, of B streams.


class Anticipator(nn.Module):
  """Features (B, T, C) of past and present in, logits of the action to come out.

  Attributes:
    num_classes: K.
    width: D, channels of all that follows.
    embed: a linear layer leads from the features to there; without it they must have D channels.
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
    """Whole windows.

    Args:
      features: (B, T, C).
      mask: (B, T), False for steps that are padding or gaps: nothing sees them, and their outputs mean nothing.
      labels: (B, T), each step's target, -1 where there is none: what a teacher may feed back in training.
      train: with dropout.
    """
    raise NotImplementedError

  def init_state(self, num_streams: int) -> State:
    """The state before the first step; no two of its arrays share memory, so that it can be donated."""
    raise NotImplementedError

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    """One step of each stream: (the next state, outputs without the axis T).

    Where `valid` is False, a gap, the state stays as it is and the outputs mean nothing.
    """
    raise NotImplementedError

  def setup(self) -> None:
    if self.input_norm:
      self.norm = nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype)
    if self.embed:
      self.to_width = nn.Dense(self.width, dtype=self.dtype)
    self.classifier = nn.Dense(self.num_classes, dtype=self.dtype)
    self.drop = nn.Dropout(self.dropout)

  def embedded(self, features: Array, valid: Array, train: bool) -> Array:
    """(..., D); what is not valid, be it NaN, is zero."""
    x = jnp.where(valid[..., None], features, 0).astype(self.dtype)
    x = self.norm(x) if self.input_norm else x
    if not self.embed and x.shape[-1] != self.width:
      raise ValueError(f"width: {self.width}, but features have {x.shape[-1]} channels: set embed, or give that width")
    x = self.to_width(x) if self.embed else x
    return self.drop(x, deterministic=not train)

  def classified(self, hidden: Array, train: bool) -> Array:
    """(..., K) logits, float32."""
    return self.classifier(self.drop(hidden, deterministic=not train)).astype(jnp.float32)

  def over_time(self, method: str, state: State, *steps: Array, gradient: bool = True) -> tuple[State, Any]:
    """Scans a method (state, *step) -> (state, outputs) over the axis T of (B, T, ...) arrays.

    With gradient=False nothing of it reaches the parameters: the backward pass then has no scan.
    """
    variables = self.variables if gradient else jax.lax.stop_gradient(self.variables)
    steps = steps if gradient else jax.lax.stop_gradient(steps)
    detached = self.clone(parent=None)
    body = lambda state, step: detached.apply(variables, state, *step, method=method)  # noqa: E731
    state, outputs = jax.lax.scan(body, state, jax.tree.map(lambda x: jnp.moveaxis(x, 1, 0), steps))
    return state, jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), outputs)


def choose(valid: Bool[Array, "B"], new: State, old: State) -> State:
  """The new state where a step is valid, else the old one."""
  return jax.tree.map(lambda a, b: jnp.where(valid.reshape(-1, *[1] * (a.ndim - 1)), a, b), new, old)
