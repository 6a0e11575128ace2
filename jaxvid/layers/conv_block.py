"""The residual convolution block of ActionFormer's convolutional backbone."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.temporal import Conv


class ConvBlock(nn.Module):
  """Residual block relu(skip(x) + conv(relu(conv(x)))): (B, T, C) -> (B, T / stride, C) and its mask.

  With a stride, the first convolution has it, and the skip path is a 1x1 convolution with the same stride. No norms,
  as in the public code.

  Attributes:
    kernel_size: of both convolutions.
    stride: of the block.
    expansion: channels between the convolutions, in multiples of C.
    dtype: of the computation.
  """

  kernel_size: int = 3
  stride: int = 1
  expansion: int = 2
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Features, mask: Mask, train: bool) -> tuple[Features, Mask]:
    del train  # Nothing in here is random.
    width = x.shape[-1]
    y, coarse = Conv(self.expansion * width, self.kernel_size, self.stride, dtype=self.dtype, name="conv1")(x, mask)
    y, coarse = Conv(width, self.kernel_size, dtype=self.dtype, name="conv2")(nn.relu(y), coarse)
    if self.stride > 1:
      x, _ = Conv(width, 1, self.stride, dtype=self.dtype, name="downsample")(x, mask)
    return nn.relu(x + y), coarse
