"""What a network returns: named parts, a tuple entry a pyramid level, finest first."""

import flax.struct

from jaxvid.array_types import Array


@flax.struct.dataclass
class Pyramid:
  """A feature pyramid.

  Attributes:
    features: a level each, (B, T / stride_l, C).
    masks: a level each, (B, T / stride_l).
    strides: a level each, how many times coarser than the features that the network was given.
  """

  features: tuple[Array, ...]
  masks: tuple[Array, ...]
  strides: tuple[int, ...] = flax.struct.field(pytree_node=False)

  def from_level(self, first: int) -> "Pyramid":
    """The pyramid without its levels before `first`."""
    if not 0 <= first < len(self.features):
      raise ValueError(f"start_level {first}: the pyramid has the levels 0 to {len(self.features) - 1}")
    return Pyramid(self.features[first:], self.masks[first:], self.strides[first:])


@flax.struct.dataclass
class LocalizationOutputs:
  """Scores and offsets at every point of the pyramid: what every head gives.

  Attributes:
    cls_logits: a level each, (B, T_l, num_classes), float32.
    offsets: a level each, float32. (B, T_l, 2): distance of a point to the start and end in units of the level's
      stride; with a trident head (B, T_l, 2 (num_bins + 1)), the bins of the center.
    pyramid: what the neck gave the heads, for embedding plots and extraction; its masks are those of the points.
    boundaries: of a trident head, else None.
    refinement: of a decoupled head, else None.
  """

  cls_logits: tuple[Array, ...]
  offsets: tuple[Array, ...]
  pyramid: Pyramid
  boundaries: "Boundaries | None" = None
  refinement: "Refinement | None" = None

  @property
  def masks(self) -> tuple[Array, ...]:
    """A level each, (B, T_l)."""
    return self.pyramid.masks


@flax.struct.dataclass
class Boundaries:
  """How much each point looks like the start and the end of an action of each class (TriDet's trident head).

  Attributes:
    start_logits, end_logits: a level each, (B, T_l, num_classes), float32.
    border: "masked" or "zero_logit", see jaxvid.ops.boundary_bins.
  """

  start_logits: tuple[Array, ...]
  end_logits: tuple[Array, ...]
  border: str = flax.struct.field(pytree_node=False)


@flax.struct.dataclass
class Refinement:
  """What a decoupled head knows of its offsets beside them.

  Attributes:
    coarse_offsets: a level each, (B, T_l, 2): the offsets before the boundaries were looked at.
    errors: a level each, (B, T_l, 2): expected absolute error of either boundary, in lengths of the segment.
  """

  coarse_offsets: tuple[Array, ...]
  errors: tuple[Array, ...]
