"""The scalable-granularity perception block of TriDet (Shi et al. 2023, section 3.2, equations 2 to 4)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.temporal import ChannelNorm, DepthwiseConv, ResidualBranch, max_pool, uniform_fan_in
from jaxvid.ops.masking import downsample_mask, mask_out, masked_mean


class GroupNorm(nn.Module):
  """Group norm over (T, C / groups) of a sequence, epsilon 1e-5; padded steps count only if padding is "reference"."""

  num_groups: int = 16
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask) -> Features:
    norm = nn.GroupNorm(self.num_groups, epsilon=1e-5, use_fast_variance=False, dtype=self.dtype, name="norm")
    if self.padding == "reference":
      return norm(x)
    return mask_out(norm(x, mask=jnp.broadcast_to(mask[..., None], x.shape)), mask)


class SGPBlock(nn.Module):
  """u = norm(x); y = x + fc(u) relu(global_fc(mean u)) + (conv_w(u) + conv_kw(u)) psi(u) + u; z = y +
  mlp(group_norm(y)).

  Instant branch, window branch and its k-scaled twin; a stride pools first: (B, T, C) -> (B, T / stride, C) and its
  mask.

  Attributes:
    window: odd kernel size w of the window branch.
    k: the scaled branch's kernel is round((w + 1) k), plus one if that is even.
    mlp_width: hidden width of the MLP; None for four times the channels.
    stride, downsample: by how much, and "max" (a max pool) or "average" (an average pool and a 1x1 convolution).
    branch_std: standard deviation from which the weights of the five depthwise convolutions start. With 0, as the
      public
      THUMOS14 and EPIC configurations have it, both factors of either product are zero and stay so: none of the five
        ever
      gets a gradient.
  """

  window: int
  k: float
  mlp_width: int | None = None
  stride: int = 1
  downsample: str = "max"
  drop_path: float = 0.0
  branch_std: float = 0.1
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask, train: bool) -> tuple[Features, Mask]:
    width = x.shape[-1]
    x, mask = self._pool(x, mask)

    def depthwise(name, kernel_size, u):
      return DepthwiseConv(
        kernel_size, kernel_init=nn.initializers.normal(self.branch_std), dtype=self.dtype, name=name
      )(u)

    u = ChannelNorm(self.padding, self.dtype, name="branch_norm")(x, mask)
    everywhere = jnp.ones_like(mask) if self.padding == "reference" else mask
    mean = masked_mean(u, everywhere).astype(self.dtype)
    instant = depthwise("fc", 1, u) * nn.relu(depthwise("global_fc", 1, mean))
    scaled = depthwise("conv_w", self.window, u) + depthwise("conv_kw", scaled_window(self.window, self.k), u)
    y = instant + scaled * depthwise("psi", self.window, u) + u
    y = mask_out(x, mask) + ResidualBranch(self.drop_path, name="branch_scale")(self._mask_out(y, mask), train)

    z = GroupNorm(padding=self.padding, dtype=self.dtype, name="mlp_norm")(y, mask)
    z = nn.Dense(self.mlp_width or 4 * width, kernel_init=uniform_fan_in, dtype=self.dtype, name="mlp_in")(z)
    z = nn.Dense(width, kernel_init=uniform_fan_in, dtype=self.dtype, name="mlp_out")(nn.gelu(z, approximate=False))
    return y + ResidualBranch(self.drop_path, name="mlp_scale")(self._mask_out(z, mask), train), mask

  def _mask_out(self, x, mask):
    return mask_out(x, mask) if self.padding == "ignored" else x

  def _pool(self, x, mask):
    if self.stride == 1:
      return x, mask
    if self.downsample == "max":
      pooled, coarse = max_pool(x, mask, self.stride)
      return pooled if self.padding == "ignored" else max_pool(x, jnp.ones_like(mask), self.stride)[0], coarse
    if self.downsample == "average":
      coarse = downsample_mask(mask, self.stride)
      batch, steps, channels = x.shape
      x = x.reshape(batch, steps // self.stride, self.stride, channels).mean(axis=2)
      x = nn.Dense(channels, kernel_init=uniform_fan_in, dtype=self.dtype, name="downsample")(x)
      return self._mask_out(x, coarse), coarse
    raise ValueError(f'downsample must be "max" or "average"; got {self.downsample!r}')


def scaled_window(window: int, k: float) -> int:
  """Kernel size of the k-scaled branch. Python's round, halves to even, as the public code has it."""
  size = round((window + 1) * k)
  return size + 1 if size % 2 == 0 else size
