"""No neck: a channel norm a level."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.layers.temporal import ChannelNorm
from jaxvid.models.outputs import Pyramid


class Model(nn.Module):
  """Levels stay what they are, each normed over its channels."""

  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> Pyramid:
    features = tuple(
      ChannelNorm(self.padding, self.dtype, name=f"norm_{i}")(level, mask)
      for i, (level, mask) in enumerate(zip(pyramid.features, pyramid.masks))
    )
    return pyramid.replace(features=features)
