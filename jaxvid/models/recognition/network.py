"""A recognition network: normalisation, clip backbone, head."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxvid.array_types import Array
from jaxvid.models.recognition.normalization import normalize
from jaxvid.models.recognition.outputs import ClipFeatures, ClipOutputs


class ClipNetwork(nn.Module):
  """Clips (B, T, H, W, C), uint8 or floats in [0, 1], in; logits and features out. C is 3, of optical flow 2.

  Attributes:
    backbone, head: a clip backbone and a clip head.
    normalization: of the pixels (jaxvid.models.recognition.normalization); it belongs to the backbone's weights. None
      takes what comes as it is.
    freeze_backbone: the backbone stays as it is, its batch norms on their running statistics.
  """

  backbone: nn.Module
  head: nn.Module
  normalization: str | None
  freeze_backbone: bool = False

  def __call__(self, video: Array, train: bool = False) -> ClipOutputs:
    outputs = self.head(self.extract(video, train), train)
    return outputs.replace(logits=outputs.logits.astype(jnp.float32))

  def extract(self, video: Array, train: bool = False) -> ClipFeatures:
    """What the backbone makes of a clip, without the head."""
    clip = normalize(video, self.normalization) if self.normalization else video
    features = self.backbone(clip, train and not self.freeze_backbone)
    return jax.lax.stop_gradient(features) if self.freeze_backbone else features
