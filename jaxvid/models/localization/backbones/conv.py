"""ActionFormer's convolutional backbone: residual blocks of two convolutions instead of attention."""

import flax.linen as nn

from jaxvid.layers.conv_block import ConvBlock
from jaxvid.models.localization.pyramid_backbone import PyramidBackbone

TINY = dict(width=16, depths=(1, 1, 1))  # For tests.


class Model(PyramidBackbone):
  """Residual convolution blocks; settings as in `PyramidBackbone`.

  Attributes:
    kernel_size: of the blocks' convolutions.
    expansion: channels between a block's two convolutions, in multiples of `width`.
  """

  kernel_size: int = 3
  expansion: int = 2

  def block(self, level: int, stride: int, name: str) -> nn.Module:
    return ConvBlock(self.kernel_size, stride, self.expansion, self.dtype, name=name)
