"""What a localization network returns: named parts, a tuple entry a pyramid level, finest first."""

from collections.abc import Mapping
from typing import NamedTuple

import flax.struct
import jax
import jax.numpy as jnp

from jaxvid.array_types import Array, Labels


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


class PointLoss(NamedTuple):
  """A loss that one head has beside the losses of all heads.

  Attributes:
    values: (B, P) or (B, P, 2), of every point or of both its boundaries. The task sums them over the positive points
      and divides by the running count of positives.
    weight: in the sum of all losses.
  """

  values: Array
  weight: Array | float


@flax.struct.dataclass
class LocalizationOutputs:
  """Scores and offsets at every point of the pyramid. A head's file extends it by what the head predicts, and says
  how that becomes scores and offsets.

  Offsets are the distances of a point to the start and the end of an action, in units of the level's stride.

  Attributes:
    cls_logits: a level each, (B, T_l, num_classes), float32.
    pyramid: what the neck gave the heads, for embedding plots and extraction; its masks are those of the points.
  """

  cls_logits: tuple[Array, ...]
  pyramid: Pyramid

  @property
  def masks(self) -> tuple[Array, ...]:
    """A level each, (B, T_l)."""
    return self.pyramid.masks

  def class_offsets(self) -> Array:
    """Offsets of the points of all levels, (B, P, C', 2): C' = num_classes where each class has its own, else 1."""
    raise NotImplementedError

  def offsets_at(self, level: int, point: Array, label: Labels) -> Array:
    """Offsets (K, 2) of K points of a level and a class each, of one recording: arrays without the batch axis."""
    raise NotImplementedError

  def scores(self) -> tuple[Array, ...]:
    """A level each, (..., T_l, num_classes) in [0, 1]."""
    return tuple(jax.nn.sigmoid(logits) for logits in self.cls_logits)

  def own_losses(self, targets: Array, reg_weight: Array | float) -> Mapping[str, PointLoss]:
    """Losses that this head alone has, by their name in the log, which ends in "_loss".

    Args:
      targets: (B, P, 2), the offsets that positive points should predict; 1 at all others.
      reg_weight: of the regression loss.
    """
    return {}


def join(levels: tuple[Array, ...]) -> Array:
  """The points of all levels, (B, P, ...)."""
  return jnp.concatenate(levels, axis=1)
