"""Masked layers over time. Inputs are (B, T, C) with a mask (B, T); parameters are float32, computation in `dtype`.

A model's setting `padding` says what padded steps hold between its layers:
  "ignored": zero before every operation that looks at neighbours, so no valid output depends on the padding;
  "reference": as in the public PyTorch code, where a norm's bias makes padded steps non-zero and the next convolution
    sees them. For weights that were trained that way.
"""

import math
from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from jaxvid.array_types import Features, Mask
from jaxvid.ops import conv
from jaxvid.ops.masking import downsample_mask, mask_out

# Initial weights of PyTorch's Conv1d and Linear: uniform within 1 / sqrt(fan_in).
uniform_fan_in = nn.initializers.variance_scaling(1 / 3, "fan_in", "uniform")


class Conv(nn.Module):
  """Convolution over time, zero at padded steps: (B, T, C) and its mask -> (B, T / stride, features) and its mask."""

  features: int
  kernel_size: int = 3
  stride: int = 1
  use_bias: bool = True
  bias_init: Any = nn.initializers.zeros
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask) -> tuple[Features, Mask]:
    kernel = self.param("kernel", uniform_fan_in, (self.kernel_size, x.shape[-1], self.features))
    y = conv.conv1d(x.astype(self.dtype), kernel.astype(self.dtype), self.stride)
    if self.use_bias:
      y += self.param("bias", self.bias_init, (self.features,)).astype(self.dtype)
    mask = downsample_mask(mask, self.stride)
    return mask_out(y, mask), mask


class DepthwiseConv(nn.Module):
  """Depthwise convolution over time, without masking: (B, T, C) -> (B, T / stride, C)."""

  kernel_size: int = 3
  stride: int = 1
  use_bias: bool = True
  kernel_init: Any = uniform_fan_in
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features) -> Features:
    channels = x.shape[-1]
    kernel = self.param("kernel", self.kernel_init, (self.kernel_size, 1, channels))
    y = conv.depthwise_conv1d(x.astype(self.dtype), kernel.astype(self.dtype), self.stride)
    if self.use_bias:
      y += self.param("bias", nn.initializers.zeros, (channels,)).astype(self.dtype)
    return y


class ChannelNorm(nn.Module):
  """Layer norm over the channels of each step (epsilon 1e-5), zero at padded steps unless padding is "reference"."""

  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask) -> Features:
    y = nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype, name="norm")(x)
    return mask_out(y, mask) if self.padding == "ignored" else y


class ChannelScale(nn.Module):
  """A learnt factor per channel before a residual sum (LayerScale, Touvron et al. 2021), `initial` at first."""

  initial: float = 1e-4

  @nn.compact
  def __call__(self, x: Features) -> Features:
    scale = self.param("scale", nn.initializers.constant(self.initial), (x.shape[-1],))
    return x * scale.astype(x.dtype)


class DropPath(nn.Module):
  """Stochastic depth: drops a residual branch for a whole sequence with probability `rate` and scales up the rest."""

  rate: float

  @nn.compact
  def __call__(self, x: Features, train: bool) -> Features:
    if not train or self.rate == 0:
      return x
    keep = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.rate, (x.shape[0], 1, 1))
    return jnp.where(keep, x / (1 - self.rate), 0)


class ResidualBranch(nn.Module):
  """Channel scale, then stochastic depth; with a rate of zero there is neither, as in ActionFormer's code."""

  drop_path: float

  @nn.compact
  def __call__(self, x: Features, train: bool) -> Features:
    if self.drop_path == 0:
      return x
    return DropPath(self.drop_path)(ChannelScale(name="scale")(x), train)


def score_bias(prior_prob: float, empty_classes: Sequence[int] = ()) -> Any:
  """Initializer of a classifier's bias (num_classes,): sigmoid(bias) is `prior_prob`, for empty classes 1e-6."""

  def initializer(key, shape, dtype=jnp.float32):
    del key
    bias = np.full(shape, _logit(prior_prob))
    bias[list(empty_classes)] = _logit(1e-6)
    return jnp.asarray(bias, dtype)

  return initializer


def _logit(probability: float) -> float:
  return math.log(probability / (1 - probability))


class ConvStack(nn.Module):
  """Convolution, channel norm, ReLU, `num_layers` times: a backbone's embedding, a head's tower.

  Attributes:
    width: channels of all layers.
    num_layers, kernel_size: of the convolutions.
    norm: a channel norm after each convolution; without norms the convolutions have biases.
    padding, dtype: see the top of this file.
  """

  width: int
  num_layers: int = 2
  kernel_size: int = 3
  norm: bool = True
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask) -> Features:
    if self.padding == "ignored":
      x = mask_out(x, mask)
    for i in range(self.num_layers):
      x, _ = Conv(self.width, self.kernel_size, use_bias=not self.norm, dtype=self.dtype, name=f"conv_{i}")(x, mask)
      if self.norm:
        x = ChannelNorm(self.padding, self.dtype, name=f"norm_{i}")(x, mask)
      x = nn.relu(x)
    return x


def project_streams(
  x: Features, mask: Mask, dims: Sequence[int] | None, widths: Sequence[int] | None, dtype: Any
) -> Features:
  """Projects concatenated features of several extractors, each part by a 1x1 convolution ("input_0", "input_1", ...).

  Call it in a compact method: the convolutions become that module's.

  Args:
    x: (B, T, sum of dims).
    mask: (B, T).
    dims: channels of each part; None leaves `x` as it is.
    widths: channels that each part is projected to.
    dtype: of the computation.
  """
  if dims is None:
    return x
  if widths is None or len(widths) != len(dims) or sum(dims) != x.shape[-1]:
    raise ValueError(
      f"input_dims {dims} and input_widths {widths} must be equally many, and input_dims add up to the "
      f"{x.shape[-1]} channels of the features"
    )
  parts = jnp.split(x, np.cumsum(dims)[:-1], axis=-1)
  convs = [Conv(width, 1, dtype=dtype, name=f"input_{i}") for i, width in enumerate(widths)]
  return jnp.concatenate([conv(part, mask)[0] for conv, part in zip(convs, parts)], axis=-1)


DOWNSAMPLES = ("max", "average", "strided")


def downsample(x: Features, mask: Mask, stride: int, kind: str) -> tuple[Features, Mask]:
  """Pools (B, T, C) to a level `stride` times coarser, zero at padded steps, and its mask.

  Args:
    x: zero at padded steps.
    mask: (B, T).
    stride: must divide T.
    kind: "max", a max pool over stride + 1 steps; "average" of each `stride` steps; "strided", every `stride`-th step.
  """
  coarse = downsample_mask(mask, stride)
  if kind == "max":
    y = conv.max_pool1d(x, stride + 1, stride)
  elif kind == "average":
    y = x.reshape(x.shape[0], -1, stride, x.shape[-1]).mean(axis=2)
  elif kind == "strided":
    y = x[:, ::stride]
  else:
    raise ValueError(f"downsample must be one of {', '.join(DOWNSAMPLES)}; got {kind!r}")
  return mask_out(y, coarse), coarse
