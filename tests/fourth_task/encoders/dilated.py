"""Residual dilated convolutions, as in MS-TCN (Farha and Gall 2019)."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxvid.ops.masking import mask_out


class Model(nn.Module):
  """Layer i sees the steps 2**i before and after.

  Attributes:
    width: channels of all layers.
    num_layers: how many.
    dropout: rate.
    dtype: "float32" or "bfloat16", of the computation.
  """

  width: int = 16
  num_layers: int = 3
  dropout: float = 0.0
  dtype: str = "float32"

  @nn.compact
  def __call__(self, features: jax.Array, mask: jax.Array, train: bool = False) -> jax.Array:
    x = mask_out(nn.Dense(self.width, dtype=self.dtype, name="embed")(jnp.asarray(features)), mask)
    for i in range(self.num_layers):
      y = nn.relu(nn.Conv(self.width, (3,), kernel_dilation=2**i, dtype=self.dtype, name=f"dilated_{i}")(x))
      y = nn.Dropout(self.dropout, deterministic=not train)(nn.Dense(self.width, dtype=self.dtype, name=f"mix_{i}")(y))
      x = mask_out(x + y, mask)
    return x
