"""No backbone: the features of clips that another program computed."""

from collections import OrderedDict

from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.models.recognition.backbone import ClipBackbone
from jaxvid.models.recognition.outputs import ClipFeatures

NORMALIZATION = None  # Features are taken as they are.


class Model(ClipBackbone):
  """Features (B, T, H, W, C), or (B, T, C), which become (B, T, 1, 1, C): the only stage, "features".

  It has no units, so of the settings of ClipBackbone only `dtype` does anything.
  """

  def __call__(self, clip: Float[Array, "B T *rest"], train: bool = False) -> ClipFeatures:
    if clip.ndim not in (3, 5):
      raise ValueError(f"features must be (B, T, C) or (B, T, H, W, C); got shape {clip.shape}")
    x = clip.astype(self.dtype)
    x = x[:, :, None, None] if x.ndim == 3 else x
    return ClipFeatures(OrderedDict(features=x), (x,))
