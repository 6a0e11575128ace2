"""The standard pre-norm Transformer block over a set or a sequence of tokens."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxvid.array_types import Features
from jaxvid.layers.temporal import DropPath


class EncoderBlock(nn.Module):
  """Transformer block y = x + attention(norm(x)); z = y + mlp(norm(y)): (B, N, C) -> (B, N, C).

  Attributes:
    num_heads: heads; must divide the channels. Queries, keys, values and the output have biases.
    mlp_width: hidden width of the MLP.
    dropout: rate on the attention weights, within the MLP and before both sums.
    drop_path: rate of stochastic depth.
    dtype: of the computation.
  """

  num_heads: int
  mlp_width: int
  dropout: float = 0.0
  drop_path: float = 0.0
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, train: bool) -> Features:
    channels = x.shape[-1]
    if channels % self.num_heads:
      raise ValueError(f"num_heads {self.num_heads} does not divide the {channels} channels; give a divisor")
    dropout = lambda y: nn.Dropout(self.dropout, deterministic=not train)(y)  # noqa: E731
    norm = lambda name: nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype, name=name)  # noqa: E731

    y = norm("attention_norm")(x)
    query, key, value = (
      nn.Dense(channels, dtype=self.dtype, name=name)(y).reshape(*x.shape[:2], self.num_heads, -1)
      for name in ("query", "key", "value")
    )
    logits = jnp.einsum("bqhd,bkhd->bhqk", query, key, preferred_element_type=jnp.float32) * query.shape[-1] ** -0.5
    weights = dropout(jax.nn.softmax(logits).astype(self.dtype))
    y = jnp.einsum("bhqk,bkhd->bqhd", weights, value).reshape(x.shape)
    y = dropout(nn.Dense(channels, dtype=self.dtype, name="output")(y))
    x = x + DropPath(self.drop_path)(y, train)

    y = norm("mlp_norm")(x)
    y = nn.Dense(self.mlp_width, dtype=self.dtype, name="mlp_in")(y)
    y = dropout(nn.gelu(y))
    y = dropout(nn.Dense(channels, dtype=self.dtype, name="mlp_out")(y))
    return x + DropPath(self.drop_path)(y, train)
