"""Self-attention with queries, keys and values from depthwise convolutions (ActionFormer, section 3.2)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.temporal import ChannelNorm, DepthwiseConv, uniform_fan_in
from jaxvid.ops.local_attention import local_attention
from jaxvid.ops.masking import downsample_mask, mask_out


class ConvAttention(nn.Module):
  """Multi-head self-attention within a band: (B, T, C) and its mask -> (B, T / stride, C) and its mask.

  The depthwise convolutions tell attention the order of the steps and, with a stride, make the coarser level.

  Attributes:
    num_heads: heads; must divide the channels.
    window: odd width of the band in output steps; None for global attention.
    stride: of the depthwise convolutions for queries, keys and values.
    relative_positions: learn a bias for each head and offset (local attention only).
    dropout: rate on the attention weights and on the output.
    padding, dtype: see layers.temporal.
  """

  num_heads: int
  window: int | None
  stride: int = 1
  relative_positions: bool = False
  dropout: float = 0.0
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask, train: bool) -> tuple[Features, Mask]:
    channels = x.shape[-1]
    if channels % self.num_heads:
      raise ValueError(f"num_heads {self.num_heads} does not divide the {channels} channels; give a divisor")
    kernel_size = self.stride + 1 if self.stride > 1 else 3
    mask = downsample_mask(mask, self.stride)

    def project(name):  # (B, T, C) -> (B, T / stride, H, D)
      y = DepthwiseConv(kernel_size, self.stride, use_bias=False, dtype=self.dtype, name=f"{name}_conv")(x)
      y = ChannelNorm(self.padding, self.dtype, name=f"{name}_norm")(mask_out(y, mask), mask)
      y = nn.Dense(channels, kernel_init=uniform_fan_in, dtype=self.dtype, name=name)(y)
      return y.reshape(*y.shape[:2], self.num_heads, channels // self.num_heads)

    bias = None
    if self.relative_positions:
      # Named as in the public code; truncated at two standard deviations there and here.
      initializer = nn.initializers.truncated_normal(stddev=(2 / channels) ** 0.5)
      bias = self.param("relative_bias", initializer, (self.num_heads, self.window))
    dropout_rate = self.dropout if train else 0.0
    y = local_attention(
      project("query"),
      project("key"),
      project("value"),
      mask,
      self.window,
      relative_bias=bias,
      dropout_rate=dropout_rate,
      dropout_key=self.make_rng("dropout") if dropout_rate else None,
    )
    y = nn.Dense(channels, kernel_init=uniform_fan_in, dtype=self.dtype, name="output")(
      y.reshape(*y.shape[:2], channels)
    )
    y = nn.Dropout(self.dropout, deterministic=not train)(y)
    return mask_out(y, mask), mask
