"""Bottleneck blocks over time and space (He et al. 2016), of which Slow, SlowFast and CSN are made."""

from collections.abc import Callable

import flax.linen as nn

from jaxvid.ops.conv3d import Sizes, Volume, max_pool3d

# Layers -> blocks of each of the four stages.
DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def stage_depths(depth: int, depths: tuple[int, ...] | None) -> tuple[int, ...]:
  """Blocks of each stage: `depths` where given, else those of the published network with `depth` layers."""
  if depths is None and depth not in DEPTHS:
    raise ValueError(f"depth must be one of {', '.join(map(str, DEPTHS))}, or set depths; got {depth}")
  return DEPTHS[depth] if depths is None else tuple(depths)


class Bottleneck(nn.Module):
  """Residual block of three units, the second one strided: (B, T, H, W, C) -> (B, T', H', W', 4 width).

  Attributes:
    width: channels of the first two units.
    kernel_a, kernel_b: kernel sizes of the first two units; the third has 1x1x1.
    strides: of the second unit, and of the shortcut.
    depthwise: make the second unit's convolution depthwise (Tran et al. 2019).
    unit: constructor of the units, see ClipBackbone.units.
  """

  width: int
  kernel_a: Sizes
  kernel_b: Sizes
  strides: Sizes
  depthwise: bool
  unit: Callable[..., nn.Module]

  @nn.compact
  def __call__(self, x: Volume) -> Volume:
    features = 4 * self.width
    y = self.unit(self.width, self.kernel_a, name="a")(x)
    y = self.unit(self.width, self.kernel_b, strides=self.strides, depthwise=self.depthwise, name="b")(y)
    y = self.unit(features, relu=False, name="c")(y)
    if x.shape[-1] != features or self.strides != (1, 1, 1):
      x = self.unit(features, strides=self.strides, relu=False, name="shortcut")(x)
    return nn.relu(x + y)


class Stage(nn.Module):
  """A stage of `depth` bottleneck blocks, the first of them strided.

  Attributes:
    depth: number of blocks.
    block: Bottleneck, or nn.remat of it.
    width, unit, kernel_a, kernel_b, strides, depthwise: see Bottleneck.
  """

  depth: int
  width: int
  unit: Callable[..., nn.Module]
  block: type[nn.Module]
  kernel_a: Sizes = (1, 1, 1)
  kernel_b: Sizes = (1, 3, 3)
  strides: Sizes = (1, 1, 1)
  depthwise: bool = False

  @nn.compact
  def __call__(self, x: Volume) -> Volume:
    for i in range(self.depth):
      strides = self.strides if i == 0 else (1, 1, 1)
      x = self.block(self.width, self.kernel_a, self.kernel_b, strides, self.depthwise, self.unit, name=f"block_{i}")(x)
    return x


def stem_pool(x: Volume) -> Volume:
  """The max pool after a stem, which halves height and width."""
  return max_pool3d(x, (1, 3, 3), (1, 2, 2))
