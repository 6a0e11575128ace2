"""A localization network: backbone, neck, head."""

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.models.outputs import LocalizationOutputs


class Network(nn.Module):
  """Features (B, T, C) and mask (B, T) in, scores and offsets at every point of the pyramid out."""

  backbone: nn.Module
  neck: nn.Module
  head: nn.Module

  def __call__(self, features: Features, mask: Mask, train: bool = False) -> LocalizationOutputs:
    pyramid = self.neck(self.backbone(features, mask, train))
    cls_logits, offsets = self.head(pyramid)
    as_float32 = lambda levels: tuple(level.astype(jnp.float32) for level in levels)  # noqa: E731
    return LocalizationOutputs(as_float32(cls_logits), as_float32(offsets), pyramid.masks, pyramid)
