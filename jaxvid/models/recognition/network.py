"""A recognition network: normalisation, clip backbone, head."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxvid.array_types import Array
from jaxvid.models.recognition.normalization import normalize
from jaxvid.models.recognition.outputs import ClipFeatures, ClipOutputs


class ClipNetwork(nn.Module):
  """Classifies clips (B, T, H, W, C), uint8 or floats in [0, 1]; C is 3, of optical flow 2.

  Attributes:
    backbone, head: a clip backbone and a clip head.
    normalization: of the pixels, the one that the backbone's weights were trained with (a key of
      jaxvid.models.recognition.normalization.NORMALIZATIONS); None for none.
    freeze_backbone: do not train the backbone; its batch norms use their running statistics.
  """

  backbone: nn.Module
  head: nn.Module
  normalization: str | None
  freeze_backbone: bool = False

  def __call__(self, video: Array, train: bool = False) -> ClipOutputs:
    outputs = self.head(self.extract(video, train), train)
    return outputs.replace(logits=outputs.logits.astype(jnp.float32))

  def extract(self, video: Array, train: bool = False) -> ClipFeatures:
    """The backbone's features of clips, without the head."""
    clip = normalize(video, self.normalization) if self.normalization else video
    features = self.backbone(clip, train and not self.freeze_backbone)
    return jax.lax.stop_gradient(features) if self.freeze_backbone else features
