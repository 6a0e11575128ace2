"""No neck: a channel norm a level."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.layers.temporal import ChannelNorm
from jaxvid.models.localization.outputs import Pyramid


class Model(nn.Module):
  """Levels stay what they are, each normed over its channels.

  Attributes:
    start_level: finer levels of the backbone are left out.
    norm: without it, nothing happens here.
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
