"""A causal Transformer over the features of the last steps, in the manner of AVT's head (Girdhar and Grauman 2021).

The attention of its pre-norm blocks reaches back `window` steps, with a learnt bias for each head and age in place of
positions. A stream then only needs the last `window` keys and values of each block.
"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Features, Heads, Labels, Mask
from jaxvid.models.anticipation.anticipator import Anticipator, State
from jaxvid.models.anticipation.outputs import AnticipationOutputs
from jaxvid.ops import recent

TINY = dict(width=8, num_layers=1, num_heads=2, window=3)  # For tests.
NO_GRADIENT = ("key/bias",)  # The same for all keys, which a softmax does not see.


class Model(Anticipator):
  """A causal Transformer.

  Attributes, beside those of Anticipator:
    num_layers, num_heads: of the Transformer; heads must divide the width.
    window: steps that a block's attention sees, the present one included.
    mlp_width: hidden width of a block's MLP; None is four times the width.
  """

  num_layers: int = 2
  num_heads: int = 8
  window: int = 17
  mlp_width: int | None = None

  def __post_init__(self) -> None:
    if self.window < 1 or self.num_heads < 1 or self.width % self.num_heads:
      raise ValueError(
        f"window {self.window} must be 1 or more, and num_heads {self.num_heads} divide the width {self.width}"
      )
    super().__post_init__()

  def setup(self) -> None:
    super().setup()
    sizes = (self.width, self.num_heads, self.window, self.mlp_width or 4 * self.width, self.dropout, self.dtype)
    self.blocks = [Block(*sizes) for _ in range(self.num_layers)]
    self.final_norm = nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype)

  def __call__(
    self, features: Features, mask: Mask, labels: Labels | None = None, train: bool = False
  ) -> AnticipationOutputs:
    """See Anticipator; `attention` of the outputs is that of the last block."""
    x, weights = self.embed_features(features, mask, train), None
    kept, age = recent.window_reach(mask, youngest=0, oldest=self.window - 1)
    for block in self.blocks:
      query, keys, values = block.qkv(x)
      past, weights = recent.attend(query, keys, values, kept, recent.age_bias(block.bias, age, youngest=0))
      x = block.project_output(x, past, train)
    return self._predict(x, weights, train)

  def init_state(self, num_streams: int) -> State:
    """See Anticipator: the number of valid steps (B,), and for each block (keys, values), (B, S, H, D / H) each."""
    queue = (num_streams, self.window, self.num_heads, self.width // self.num_heads)
    queues = [tuple(jnp.zeros(queue, self.dtype) for _ in range(2)) for _ in range(self.num_layers)]
    return jnp.zeros(num_streams, jnp.int32), tuple(queues)

  def step(
    self, state: State, feature: Float[Array, "B C"], valid: Bool[Array, "B"]
  ) -> tuple[State, AnticipationOutputs]:
    """See Anticipator."""
    x = self.embed_features(feature, valid, False)[:, None]
    (count, queues), new, weights = state, [], None
    kept, age = recent.queue_ages(count + 1, self.window)  # The present step is pushed before it is attended to.
    for block, (keys, values) in zip(self.blocks, queues, strict=True):
      query, key, value = block.qkv(x)
      keys = recent.push(keys, count, key[:, 0], valid)
      values = recent.push(values, count, value[:, 0], valid)
      bias = recent.age_bias(block.bias, age[:, None], youngest=1)
      past, weights = recent.attend(query, keys, values, kept[:, None], bias)
      x = block.project_output(x, past, False)
      new.append((keys, values))
    if weights is not None:
      weights = jnp.take_along_axis(weights[:, :, 0], jnp.argsort(age, axis=1)[:, None], axis=2)
    return (count + valid, tuple(new)), self._predict(x[:, 0], weights, False)

  def _predict(self, x: Array, weights: Array | None, train: bool) -> AnticipationOutputs:
    hidden = self.final_norm(x)
    return AnticipationOutputs(self.classify(hidden, train), hidden, attention=weights)


class Block(nn.Module):
  """A pre-norm Transformer block in two halves; the caller does the attention in between, over a window or a queue."""

  width: int
  num_heads: int
  window: int
  mlp_width: int
  dropout: float
  dtype: Any

  def setup(self) -> None:
    norm = lambda: nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype)  # noqa: E731
    heads = lambda: nn.DenseGeneral((self.num_heads, self.width // self.num_heads), dtype=self.dtype)  # noqa: E731
    self.attention_norm, self.mlp_norm = norm(), norm()
    self.query, self.key, self.value = heads(), heads(), heads()
    self.output = nn.DenseGeneral(self.width, axis=(-2, -1), dtype=self.dtype)
    self.mlp_in = nn.Dense(self.mlp_width, dtype=self.dtype)
    self.mlp_out = nn.Dense(self.width, dtype=self.dtype)
    self.bias = self.param("age_bias", nn.initializers.zeros, (self.num_heads, self.window))
    self.drop = nn.Dropout(self.dropout)

  def qkv(self, x: Features) -> tuple[Heads, Heads, Heads]:
    """Queries, keys and values (B, T, H, D / H) of tokens (B, T, D)."""
    x = self.attention_norm(x)
    return self.query(x), self.key(x), self.value(x)

  def project_output(self, x: Features, past: Heads, train: bool) -> Features:
    """The block's output: tokens x plus the projected attention output `past`, then the MLP."""
    drop = lambda y: self.drop(y, deterministic=not train)  # noqa: E731
    x = x + drop(self.output(past))
    return x + drop(self.mlp_out(drop(nn.gelu(self.mlp_in(self.mlp_norm(x))))))
