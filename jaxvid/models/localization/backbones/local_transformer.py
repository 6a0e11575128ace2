"""ActionFormer's backbone: convolutions, then Transformer blocks with banded attention (Zhang et al. 2022)."""

import flax.linen as nn

from jaxvid.layers.transformer import TransformerBlock
from jaxvid.models.localization.pyramid_backbone import PyramidBackbone

TINY = dict(width=16, num_heads=2, window=5, depths=(1, 1, 1))  # For tests.
NO_GRADIENT = ("key/bias", "key_norm/norm/bias")  # The same for all keys, which a softmax does not see.


class Model(PyramidBackbone):
  """Transformer blocks whose attention sees a band of each level; further settings as in `PyramidBackbone`.

  Attributes:
    num_heads: attention heads.
    window: odd attention window in steps of the level, one for all levels or one for each; None is global.
    downsample: the skip path of a strided block: "max" (ActionFormer), "average" or "strided".
    relative_positions: learn a bias for each head and offset within the window; a level of global attention has none.
    dropout, drop_path: rates; no drop path also means no channel scales, as in the public code.
  """

  num_heads: int = 4
  window: int | tuple[int | None, ...] | None = 19
  downsample: str = "max"
  relative_positions: bool = False
  dropout: float = 0.0
  drop_path: float = 0.1

  def block(self, level: int, stride: int, name: str) -> nn.Module:
    window = self.per_level("window")[level]
    return TransformerBlock(
      self.num_heads,
      window,
      stride,
      self.downsample,
      self.relative_positions and window is not None,
      self.dropout,
      self.drop_path,
      padding=self.padding,
      dtype=self.dtype,
      name=name,
    )
