"""What a network returns: named parts, a tuple entry a pyramid level, finest first."""

import flax.struct

from jaxvid.array_types import Array, Mask


@flax.struct.dataclass
class Pyramid:
  """A feature pyramid.

  Attributes:
    features: a level each, (B, T / stride_l, C).
    masks: a level each, (B, T / stride_l).
  """

  features: tuple[Array, ...]
  masks: tuple[Mask, ...]


@flax.struct.dataclass
class LocalizationOutputs:
  """Scores and offsets at every point of the pyramid.

  Attributes:
    cls_logits: a level each, (B, T_l, num_classes), float32.
    offsets: a level each, (B, T_l, 2), float32: distance of a point to the start and end in units of the level's
      stride.
    masks: a level each, (B, T_l).
    pyramid: what the neck gave the heads, for embedding plots and extraction.
  """

  cls_logits: tuple[Array, ...]
  offsets: tuple[Array, ...]
  masks: tuple[Mask, ...]
  pyramid: Pyramid
