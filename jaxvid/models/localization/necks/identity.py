"""The neck that leaves the pyramid as it is, but for a channel norm on each level."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.layers.temporal import ChannelNorm
from jaxvid.models.localization.outputs import Pyramid

TINY = dict()  # For tests.


class Model(nn.Module):
  """A channel norm on each level, and nothing else.

  Attributes:
    start_level: the first level kept; finer levels of the backbone are left out.
    norm: False leaves out the norms, too.
    padding, dtype: see jaxvid.layers.temporal.
  """

  start_level: int = 0
  norm: bool = True
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> Pyramid:
    pyramid = pyramid.from_level(self.start_level)
    if not self.norm:
      return pyramid
    features = tuple(
      ChannelNorm(self.padding, self.dtype, name=f"norm_{i}")(level, mask)
      for i, (level, mask) in enumerate(zip(pyramid.features, pyramid.masks))
    )
    return pyramid.replace(features=features)
