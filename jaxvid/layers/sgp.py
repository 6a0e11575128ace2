"""Scalable-granularity perception (SGP): TriDet's block (Shi et al. 2023, equations 2 to 4), and a learnt mixture."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.temporal import ChannelNorm, DepthwiseConv, ResidualBranch, downsample, uniform_fan_in
from jaxvid.ops.masking import downsample_mask, mask_out, masked_mean

# Standard deviation of the initial weights of a block's depthwise convolutions.
INIT_STD = {
  "live": 0.1,  # Small; every convolution learns.
  "dead": 0.0,  # As in the public THUMOS14 and EPIC configurations: the convolutions never get a gradient.
}
GRANULARITY_LOGITS = "granularity_logits"  # Name of the parameter whose softmax weights a block's granularities.


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


class PerceptionBlock(nn.Module):
  """Transformer block without attention: u = norm(x); y = x + perceive(u) + u; z = y + mlp(group_norm(y)).

  (B, T, C) -> (B, T / stride, C) and its mask. A subclass defines `perceive`.

  Attributes:
    mlp_width: hidden width of the MLP; None for four times the channels.
    stride: of the pooling that comes first; 1 for none.
    downsample: kind of that pooling, see layers.temporal.downsample; "average" is followed by a 1x1 convolution.
    drop_path: rate of stochastic depth.
    branch_std: standard deviation of the depthwise convolutions' initial weights.
    padding, dtype: see layers.temporal.
  """

  mlp_width: int | None = None
  stride: int = 1
  downsample: str = "max"
  drop_path: float = 0.0
  branch_std: float = 0.1
  padding: str = "ignored"
  dtype: Any = jnp.float32

  def perceive(self, u: Features, mask: Mask) -> Features:
    """The operation over time, whose result is added to x + u: (B, T, C) -> (B, T, C)."""
    raise NotImplementedError

  @nn.compact
  def __call__(self, x: Features, mask: Mask, train: bool) -> tuple[Features, Mask]:
    width = x.shape[-1]
    x, mask = self._pool(x, mask)
    u = ChannelNorm(self.padding, self.dtype, name="branch_norm")(x, mask)
    y = self._mask_out(self.perceive(u, mask) + u, mask)
    y = mask_out(x, mask) + ResidualBranch(self.drop_path, name="branch_scale")(y, train)

    z = GroupNorm(padding=self.padding, dtype=self.dtype, name="mlp_norm")(y, mask)
    z = nn.Dense(self.mlp_width or 4 * width, kernel_init=uniform_fan_in, dtype=self.dtype, name="mlp_in")(z)
    z = nn.Dense(width, kernel_init=uniform_fan_in, dtype=self.dtype, name="mlp_out")(nn.gelu(z, approximate=False))
    return y + ResidualBranch(self.drop_path, name="mlp_scale")(self._mask_out(z, mask), train), mask

  def _depthwise(self, name: str, kernel_size: int, u: Features) -> Features:
    initializer = nn.initializers.normal(self.branch_std)
    return DepthwiseConv(kernel_size, kernel_init=initializer, dtype=self.dtype, name=name)(u)

  def _instant(self, u: Features, mask: Mask) -> Features:
    """Instant branch fc(u) relu(global_fc(mean u)): each step by itself, its channels gated by the sequence's mean."""
    everywhere = jnp.ones_like(mask) if self.padding == "reference" else mask
    mean = masked_mean(u, everywhere).astype(self.dtype)
    return self._depthwise("fc", 1, u) * nn.relu(self._depthwise("global_fc", 1, mean))

  def _mask_out(self, x: Features, mask: Mask) -> Features:
    return mask_out(x, mask) if self.padding == "ignored" else x

  def _pool(self, x: Features, mask: Mask) -> tuple[Features, Mask]:
    if self.stride == 1:
      return x, mask
    everywhere = jnp.ones_like(mask) if self.padding == "reference" else mask
    pooled, _ = downsample(x, everywhere, self.stride, self.downsample)
    mask = downsample_mask(mask, self.stride)
    if self.downsample == "average":
      pooled = nn.Dense(x.shape[-1], kernel_init=uniform_fan_in, dtype=self.dtype, name="downsample")(pooled)
    return self._mask_out(pooled, mask), mask


class SGPBlock(PerceptionBlock):
  """TriDet's block: perceive(u) = fc(u) relu(global_fc(mean u)) + (conv_w(u) + conv_kw(u)) psi(u).

  The first term is the instant branch, the second the window branch and its k-scaled twin. With a `branch_std` of 0, as
  in the public THUMOS14 and EPIC configurations, all factors are zero and stay zero: none of the five depthwise
  convolutions ever gets a gradient.

  Attributes:
    window: odd kernel size w of the window branch.
    k: the scaled branch's kernel is round((w + 1) k), plus one if that is even.
  """

  window: int = 1
  k: float = 5.0

  def perceive(self, u: Features, mask: Mask) -> Features:
    windows = self._depthwise("conv_w", self.window, u)
    windows += self._depthwise("conv_kw", scaled_window(self.window, self.k), u)
    return self._instant(u, mask) + windows * self._depthwise("psi", self.window, u)


class GranularityMixtureBlock(PerceptionBlock):
  """Learnt mixture of granularities g: perceive(u) = sum of w_g f_g(u), with w = softmax(granularity_logits).

  Equation 1 of the ActionFormer study (Rathnayaka and Thayasivam). For its f_g, "the perception operation at scale g",
  SGP's branches are taken: f_1 is the instant branch, f_g the convolution over g steps gated by psi(u). All weights
  start equal.

  Attributes:
    granularities: kernel sizes in steps, odd and different.
  """

  granularities: tuple[int, ...] = (1, 3, 7, 15)

  def perceive(self, u: Features, mask: Mask) -> Features:
    if len(set(self.granularities)) != len(self.granularities) or any(g < 1 or g % 2 == 0 for g in self.granularities):
      raise ValueError(f"granularities must be positive odd numbers, each once; got {self.granularities}")
    logits = self.param(GRANULARITY_LOGITS, nn.initializers.zeros, (len(self.granularities),))
    weights = nn.softmax(logits).astype(self.dtype)
    gate = self._depthwise("psi", 1, u) if set(self.granularities) != {1} else None
    total: Any = 0.0
    for weight, steps in zip(weights, self.granularities):
      seen = self._instant(u, mask) if gate is None or steps == 1 else gate * self._depthwise(f"conv_{steps}", steps, u)
      total += weight * seen
    return total


def branch_std(init: str | float) -> float:
  """The standard deviation that `init` stands for: a key of INIT_STD, or a number that is returned as it is."""
  if isinstance(init, str) and init not in INIT_STD:
    raise ValueError(f"init must be a standard deviation or one of {sorted(INIT_STD)}; got {init!r}")
  return INIT_STD[init] if isinstance(init, str) else init


def scaled_window(window: int, k: float) -> int:
  """Kernel size of the k-scaled branch. Python's `round` takes halves to even numbers, as in the public code."""
  size = round((window + 1) * k)
  return size + 1 if size % 2 == 0 else size
