"""A localization network: backbone, neck, head."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.models.localization.outputs import LocalizationOutputs


class Network(nn.Module):
  """Takes features (B, T, C) and their mask (B, T), and returns scores and offsets at every point of the pyramid."""

  backbone: nn.Module
  neck: nn.Module
  head: nn.Module

  def __call__(self, features: Features, mask: Mask, train: bool = False) -> LocalizationOutputs:
    pyramid = self.neck(self.backbone(features, mask, train))
    outputs = self.head(pyramid)
    as_float32 = lambda x: x.astype(jnp.float32) if jnp.issubdtype(x.dtype, jnp.floating) else x  # noqa: E731
    return jax.tree.map(as_float32, outputs).replace(pyramid=pyramid)
