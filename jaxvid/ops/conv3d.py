"""Convolution and pooling over time and space, in the lowering that is fast on the backend at hand.

Every function takes (B, T, H, W, C) and a padding for all three axes:
  "half": kernel // 2 on both sides, as PyTorch's models have it (odd kernels);
  "same": as TensorFlow has it, so that an axis of n steps becomes ceil(n / stride), the odd step of padding at the end.
XLA's CPU backend computes depthwise 3D convolutions and the gradients of strided ones hundreds of times slower than it
could. There, a dense convolution is the sum over the kernel's frames of 2D convolutions of single frames (of matrix
products, where the kernel is one pixel), and a depthwise one, like a max pool, is made of shifted slices. Other
backends take the native operation. The choice is made when a program is lowered, so an exported program carries the
right one; benchmarks/conv3d.py measures it.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax
from jaxtyping import Float

from jaxvid.array_types import Array

Volume = Float[Array, "B T H W C"]
Strided = Float[Array, "B _ _ _ _"]  # Other sizes and channels than a Volume beside it.
Kernel = Float[Array, "KT KH KW C O"]
Sizes = tuple[int, int, int]  # Of time, height and width.
Pads = list[tuple[int, int]]  # Before and after, of each of them.
PADDINGS = ("half", "same")

_VOLUMES = ("NDHWC", "DHWIO", "NDHWC")
_FRAMES = ("NHWC", "HWIO", "NHWC")


def conv3d(x: Volume, kernel: Kernel, strides: Sizes = (1, 1, 1), padding: str = "half") -> Strided:
  """Dense convolution over time and space."""
  pads = pad_widths(x.shape[1:4], kernel.shape[:3], strides, padding)
  return lax.platform_dependent(
    x, kernel, cpu=lambda x, k: _dense_frames(x, k, strides, pads), default=lambda x, k: _native(x, k, strides, pads, 1)
  )


def depthwise_conv3d(
  x: Volume, kernel: Float[Array, "KT KH KW 1 C"], strides: Sizes = (1, 1, 1), padding: str = "half"
) -> Strided:
  """Depthwise convolution over time and space: each channel has its own kernel."""
  pads = pad_widths(x.shape[1:4], kernel.shape[:3], strides, padding)
  return lax.platform_dependent(
    x,
    kernel,
    cpu=lambda x, k: _depthwise_shifts(x, k, strides, pads),
    default=lambda x, k: _native(x, k, strides, pads, x.shape[-1]),
  )


def max_pool3d(x: Volume, window: Sizes, strides: Sizes, padding: str = "half") -> Strided:
  """Max pooling over time and space; what lies outside the volume counts as minus infinity."""
  pads = pad_widths(x.shape[1:4], window, strides, padding)
  return lax.platform_dependent(
    x,
    cpu=lambda x: _max_pool_shifts(x, window, strides, pads),
    default=lambda x: _max_pool_native(x, window, strides, pads),
  )


def pad_widths(sizes: Sequence[int], window: Sequence[int], strides: Sizes, padding: str) -> list[tuple[int, int]]:
  """Steps of padding (before, after) each of the three axes."""
  if padding == "half":
    return [(taps // 2, taps // 2) for taps in window]
  if padding == "same":
    totals = [max((-(-n // step) - 1) * step + taps - n, 0) for n, taps, step in zip(sizes, window, strides)]
    return [(total // 2, total - total // 2) for total in totals]
  raise ValueError(f"padding must be one of {', '.join(PADDINGS)}; got {padding!r}")


def _native(x: Volume, kernel: Array, strides: Sizes, pads: Pads, groups: int) -> Array:
  return lax.conv_general_dilated(x, kernel, strides, pads, dimension_numbers=_VOLUMES, feature_group_count=groups)


def _dense_frames(x: Volume, kernel: Array, strides: Sizes, pads: Pads) -> Array:
  """Output frame t is the sum over the kernel's frames i of the 2D convolution of input frame t * stride + i."""
  one_pixel = kernel.shape[1:3] == (1, 1)
  if one_pixel:
    x = x[:, :, :: strides[1], :: strides[2]]

  def frame_conv(frames, taps):
    if one_pixel:
      return frames @ taps[0, 0]
    flat = frames.reshape(-1, *frames.shape[2:])
    out = lax.conv_general_dilated(flat, taps, strides[1:], pads[1:], dimension_numbers=_FRAMES)
    return out.reshape(*frames.shape[:2], *out.shape[1:])

  return sum(
    frame_conv(frames, taps) for frames, taps in zip(_shifts(x, 1, len(kernel), strides[0], pads[0], 0), kernel)
  )


def _depthwise_shifts(x: Volume, kernel: Array, strides: Sizes, pads: Pads) -> Array:
  out: Any = 0
  for frames, taps in zip(_shifts(x, 1, len(kernel), strides[0], pads[0], 0), kernel):
    for rows, row_taps in zip(_shifts(frames, 2, len(taps), strides[1], pads[1], 0), taps):
      for pixels, tap in zip(_shifts(rows, 3, len(row_taps), strides[2], pads[2], 0), row_taps):
        out += pixels * tap[0]
  return out


def _max_pool_native(x: Volume, window: Sizes, strides: Sizes, pads: Pads) -> Array:
  return lax.reduce_window(x, -jnp.inf, lax.max, (1, *window, 1), (1, *strides, 1), [(0, 0), *pads, (0, 0)])


def _max_pool_shifts(x: Volume, window: Sizes, strides: Sizes, pads: Pads) -> Array:
  """A maximum over a box is one over each of its axes in turn."""
  for axis in range(3):
    slices = _shifts(x, 1 + axis, window[axis], strides[axis], pads[axis], -jnp.inf)
    x = functools.reduce(jnp.maximum, slices)
  return x


def _shifts(x: Volume, axis: int, window: int, stride: int, pad: tuple[int, int], fill: float) -> list[Array]:
  """The `window` slices of the padded axis that a kernel's taps see, each as long as the output."""
  if any(pad):
    x = jnp.pad(x, [pad if i == axis else (0, 0) for i in range(x.ndim)], constant_values=fill)
  steps = (x.shape[axis] - window) // stride + 1
  return [lax.slice_in_dim(x, i, i + (steps - 1) * stride + 1, stride, axis) for i in range(window)]
