"""The backbone that passes on precomputed features of clips."""

from collections import OrderedDict

from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.models.recognition.backbone import ClipBackbone
from jaxvid.models.recognition.outputs import ClipFeatures

TINY = dict()  # For tests.

NORMALIZATION = None  # Features are taken as they are.


class Model(ClipBackbone):
  """Passes on features (B, T, H, W, C), or (B, T, C) as (B, T, 1, 1, C), as the only stage, "features".

  It has no convolutions, so of the settings of ClipBackbone only `dtype` has an effect.
  """

  def __call__(self, clip: Float[Array, "B T *rest"], train: bool = False) -> ClipFeatures:
    if clip.ndim not in (3, 5):
      raise ValueError(f"features must be (B, T, C) or (B, T, H, W, C); got shape {clip.shape}")
    x = clip.astype(self.dtype)
    x = x[:, :, None, None] if x.ndim == 3 else x
    return ClipFeatures(OrderedDict(features=x), (x,))
