"""Convolution and pooling over time, in the lowering that is fast on the backend at hand.

Every function takes (B, T, C), pads explicitly with kernel_size // 2 on both sides, and returns (B, ceil(T / stride),
C'). XLA's CPU backend is slow at depthwise convolutions (their gradients by an order of magnitude) and at the gradient
of a strided max pool: there both are written as sums and maxima of shifted slices. Other backends take the native
operation. The choice is made when a program is lowered, so an exported program carries the right one;
docs/performance.md has the measurements.
"""

import functools
from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Float

from jaxvid.array_types import Array, Features

Strided = Float[Array, "B S C"]  # S = ceil(T / stride).

_DIMENSIONS = ("NWC", "WIO", "NWC")


def conv1d(x: Features, kernel: Float[Array, "K C O"], stride: int = 1) -> Float[Array, "B S O"]:
  """Dense convolution over time with an odd kernel."""
  half = kernel.shape[0] // 2
  return lax.conv_general_dilated(x, kernel, (stride,), [(half, half)], dimension_numbers=_DIMENSIONS)


def depthwise_conv1d(x: Features, kernel: Float[Array, "K 1 C"], stride: int = 1) -> Strided:
  """Depthwise convolution over time with an odd kernel: each channel has its own."""
  return lax.platform_dependent(
    x, kernel, cpu=lambda x, k: _depthwise_shifts(x, k, stride), default=lambda x, k: _depthwise_native(x, k, stride)
  )


def max_pool1d(x: Features, window: int, stride: int) -> Strided:
  """Max pooling over time with an odd window; what lies outside the sequence counts as minus infinity."""
  return lax.platform_dependent(
    x, cpu=lambda x: _max_pool_shifts(x, window, stride), default=lambda x: _max_pool_native(x, window, stride)
  )


def _depthwise_native(x: Features, kernel: Float[Array, "K 1 C"], stride: int) -> Strided:
  half = kernel.shape[0] // 2
  return lax.conv_general_dilated(
    x, kernel, (stride,), [(half, half)], dimension_numbers=_DIMENSIONS, feature_group_count=x.shape[-1]
  )


def _depthwise_shifts(x: Features, kernel: Float[Array, "K 1 C"], stride: int) -> Strided:
  total: Any = sum(shifted * kernel[i, 0] for i, shifted in enumerate(_shifts(x, kernel.shape[0], stride, 0)))
  return total


def _max_pool_native(x: Features, window: int, stride: int) -> Strided:
  half = window // 2
  return lax.reduce_window(x, -jnp.inf, lax.max, (1, window, 1), (1, stride, 1), [(0, 0), (half, half), (0, 0)])


def _max_pool_shifts(x: Features, window: int, stride: int) -> Strided:
  return functools.reduce(jnp.maximum, _shifts(x, window, stride, -jnp.inf))


def _shifts(x: Features, window: int, stride: int, fill: float) -> list[Strided]:
  """The `window` slices of the padded sequence that a kernel's taps see, each (B, ceil(T / stride), C)."""
  half = window // 2
  steps = -(-x.shape[1] // stride)
  padded = jnp.pad(x, [(0, 0), (half, half), (0, 0)], constant_values=fill)
  return [lax.slice_in_dim(padded, i, i + (steps - 1) * stride + 1, stride, axis=1) for i in range(window)]
