"""R(2+1)D: each 3D convolution is split into one over space and one over time (Tran et al. 2018)."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import flax.linen as nn

from jaxvid.models.recognition.backbone import ClipBackbone
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops.conv3d import Volume

TINY = dict(width=8, depths=(1, 1))  # For tests.

NORMALIZATION = "kinetics"

# Layers -> settings of the public network: torchvision's of 18 layers, VMZ's of 34.
PUBLISHED = {
  18: dict(depths=(2, 2, 2, 2), mid_planes="first", norm_epsilon=1e-5),
  34: dict(depths=(3, 4, 6, 3), mid_planes="each", norm_epsilon=1e-3),
}
MID_PLANES = ("first", "each")


class Model(ClipBackbone):
  """Stages "stem" and "stage_0" to "stage_3" of `width`, 2, 4 and 8 times `width` channels.

  Attributes:
    depth: 18 or 34 layers. Settings that are None are taken from the public network of that depth (see PUBLISHED).
    depths: blocks of each stage.
    mid_planes: channels between the convolutions over space and time, so many that the pair has as many parameters as
      the 3D convolution (section 3.5). "each": computed for each pair; "first": a block's second pair takes the number
      of its first.
    norm_epsilon: of the batch norms.
    width: channels of the stem.
    batch_norm, norm_momentum, remat, dtype: see ClipBackbone.
  """

  depth: int = 34
  depths: tuple[int, ...] | None = None
  mid_planes: str | None = None
  norm_epsilon: float | None = None
  width: int = 64

  @nn.compact
  def __call__(self, clip: Volume, train: bool = False) -> ClipFeatures:
    depths, mid_planes = self._setting("depths"), self._setting("mid_planes")
    if mid_planes not in MID_PLANES:
      raise ValueError(f"mid_planes must be one of {', '.join(MID_PLANES)}; got {mid_planes!r}")
    unit = self.units(train, norm_epsilon=self._setting("norm_epsilon"))
    block = self.maybe_remat(Block)

    x = unit(45 * self.width // 64, (1, 7, 7), strides=(1, 2, 2), name="stem_spatial")(clip)
    stages = OrderedDict(stem=unit(self.width, (3, 1, 1), name="stem_temporal")(x))
    x = stages["stem"]
    for i, depth in enumerate(depths):
      for j in range(depth):
        stride = 2 if i > 0 and j == 0 else 1
        x = block(self.width * 2**i, stride, mid_planes, unit, name=f"stage_{i}_block_{j}")(x)
      stages[f"stage_{i}"] = x
    return ClipFeatures(stages, (x,))

  def _setting(self, name: str) -> Any:
    value = getattr(self, name)
    if value is None and self.depth not in PUBLISHED:
      known = ", ".join(map(str, PUBLISHED))
      raise ValueError(f"depth must be one of {known}, or set depths, mid_planes and norm_epsilon; got {self.depth}")
    return PUBLISHED[self.depth][name] if value is None else value


class Block(nn.Module):
  """Residual block of two (2+1)D convolutions: (B, T, H, W, C) -> (B, T', H', W', features)."""

  features: int
  stride: int
  mid_planes: str
  unit: Callable[..., nn.Module]

  @nn.compact
  def __call__(self, x: Volume) -> Volume:
    first = _mid_planes(x.shape[-1], self.features)
    second = first if self.mid_planes == "first" else _mid_planes(self.features, self.features)
    y = self._conv(x, first, self.stride, True, "conv_1")
    y = self._conv(y, second, 1, False, "conv_2")
    if self.stride != 1 or x.shape[-1] != self.features:
      x = self.unit(self.features, strides=(self.stride,) * 3, relu=False, name="shortcut")(x)
    return nn.relu(x + y)

  def _conv(self, x: Volume, planes: int, stride: int, relu: bool, name: str) -> Volume:
    x = self.unit(planes, (1, 3, 3), strides=(1, stride, stride), name=f"{name}_spatial")(x)
    return self.unit(self.features, (3, 1, 1), strides=(stride, 1, 1), relu=relu, name=f"{name}_temporal")(x)


def _mid_planes(inputs: int, outputs: int) -> int:
  return inputs * outputs * 27 // (9 * inputs + 3 * outputs)
