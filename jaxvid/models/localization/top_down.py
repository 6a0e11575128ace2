"""The top-down path of feature pyramid networks (Lin et al. 2017) over time: base class of the FPN necks."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.layers.temporal import ChannelNorm, Conv, DepthwiseConv
from jaxvid.models.localization.outputs import Pyramid
from jaxvid.ops.masking import mask_out


class TopDownNeck(nn.Module):
  """Lateral 1x1 convolutions, upsampling and sum from coarse to fine, depthwise convolutions over 3 steps, norms.

  Attributes:
    width: channels of the output levels; None for as many as the input has.
    start_level: the first level kept; finer levels of the backbone are left out.
    norm: end with a channel norm on each level.
    padding: "ignored": the sums are zero at padded steps; "reference": a coarse step also adds to the padded fine ones.
    dtype: of the computation.
  """

  width: int | None = None
  start_level: int = 0
  norm: bool = True
  padding: str = "ignored"
  dtype: Any = jnp.float32

  def has_biases(self) -> bool:
    """Whether the convolutions have biases."""
    raise NotImplementedError

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> Pyramid:
    pyramid = pyramid.from_level(self.start_level)
    width, bias = self.width or pyramid.features[0].shape[-1], self.has_biases()
    levels = [
      Conv(width, 1, use_bias=bias, dtype=self.dtype, name=f"lateral_{i}")(x, mask)[0]
      for i, (x, mask) in enumerate(zip(pyramid.features, pyramid.masks))
    ]
    for i in reversed(range(len(levels) - 1)):
      levels[i] += jnp.repeat(levels[i + 1], levels[i].shape[1] // levels[i + 1].shape[1], axis=1)
      if self.padding == "ignored":
        levels[i] = mask_out(levels[i], pyramid.masks[i])
    for i, mask in enumerate(pyramid.masks):
      x = DepthwiseConv(3, use_bias=bias, dtype=self.dtype, name=f"depthwise_{i}")(levels[i])
      levels[i] = mask_out(x, mask)
      if self.norm:
        levels[i] = ChannelNorm(self.padding, self.dtype, name=f"norm_{i}")(levels[i], mask)
    return pyramid.replace(features=tuple(levels))
