"""TriDet's backbone: convolutional embedding, then scalable-granularity perception blocks (Shi et al. 2023)."""

import flax.linen as nn

from jaxvid.layers.sgp import SGPBlock, branch_std
from jaxvid.models.localization.pyramid_backbone import PyramidBackbone

TINY = dict(width=16, window=3, k=2.0, mlp_width=24, depths=(1, 1, 1))  # For tests.


class Model(PyramidBackbone):
  """Scalable-granularity perception blocks; further settings as in `PyramidBackbone`.

  With padding "ignored", temporal mean and group norm see valid steps only, so the output does not depend on the
  padding. With "reference" they see the padding too, as in the public code, and sequences must be padded as they were
  there. The width must be a multiple of 16 (the groups of the group norm).

  Attributes:
    window: odd kernel size w of the strided blocks, one for all levels or one for each. The blocks at full resolution
      have w = 1 in any case, as in the public code.
    k: scale of the second window branch.
    mlp_width: hidden width of a block's MLP; None for four times `width`.
    downsample: of a strided block: "max", "average" (and a 1x1 convolution) or "strided".
    drop_path: rate in the strided blocks; the others have neither stochastic depth nor channel scales.
    init: standard deviation of the depthwise convolutions' initial weights, or "live" or "dead" (see
      layers.sgp.INIT_STD).
  """

  window: int | tuple[int, ...] = 1
  k: float = 5.0
  mlp_width: int | None = 768
  downsample: str = "max"
  drop_path: float = 0.1
  init: str | float = "live"

  def block(self, level: int, stride: int, name: str) -> nn.Module:
    strided = level > 0
    return SGPBlock(
      window=self.per_level("window")[level] if strided else 1,
      k=self.k,
      mlp_width=self.mlp_width,
      stride=stride,
      downsample=self.downsample,
      drop_path=self.drop_path if strided else 0.0,
      branch_std=branch_std(self.init),
      padding=self.padding,
      dtype=self.dtype,
      name=name,
    )
