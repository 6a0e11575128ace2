"""The pre-norm Transformer block of ActionFormer (section 3.2, equations 2 and 3)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.attention import ConvAttention
from jaxvid.layers.temporal import ChannelNorm, ResidualBranch, downsample, uniform_fan_in
from jaxvid.ops.masking import mask_out


class TransformerBlock(nn.Module):
  """Transformer block y = pool(x) + a attention(norm(x)); z = y + b mlp(norm(y)), with learnt channel scales a and b.

  (B, T, C) and its mask -> (B, T / stride, C) and its mask. The attention's convolutions have the stride; the skip path
  is pooled.

  Attributes:
    num_heads, window, relative_positions: see ConvAttention.
    stride: from the level before; 1 stays on the level.
    downsample: how the skip path is pooled, see layers.temporal.downsample.
    dropout: rate in the attention and in the MLP.
    drop_path: rate of stochastic depth; 0 also leaves out the channel scales.
    mlp_ratio: hidden width of the MLP, in multiples of C.
    padding, dtype: see layers.temporal.
  """

  num_heads: int
  window: int | None
  stride: int = 1
  downsample: str = "max"
  relative_positions: bool = False
  dropout: float = 0.0
  drop_path: float = 0.0
  mlp_ratio: int = 4
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask, train: bool) -> tuple[Features, Mask]:
    width = x.shape[-1]
    y = ChannelNorm(self.padding, self.dtype, name="attention_norm")(x, mask)
    y, y_mask = ConvAttention(
      self.num_heads,
      self.window,
      self.stride,
      self.relative_positions,
      self.dropout,
      self.padding,
      self.dtype,
      name="attention",
    )(y, mask, train)
    skip = x if self.stride == 1 else downsample(x, mask, self.stride, self.downsample)[0]
    x = mask_out(skip, y_mask) + ResidualBranch(self.drop_path, name="attention_scale")(y, train)

    y = ChannelNorm(self.padding, self.dtype, name="mlp_norm")(x, y_mask)
    y = nn.Dense(self.mlp_ratio * width, kernel_init=uniform_fan_in, dtype=self.dtype, name="mlp_in")(y)
    y = nn.Dropout(self.dropout, deterministic=not train)(nn.gelu(y, approximate=False))
    y = nn.Dense(width, kernel_init=uniform_fan_in, dtype=self.dtype, name="mlp_out")(y)
    y = nn.Dropout(self.dropout, deterministic=not train)(y)
    x = x + ResidualBranch(self.drop_path, name="mlp_scale")(mask_out(y, y_mask), train)
    return x, y_mask
