"""Outputs of a localization network, by name; tuples have an entry for each pyramid level, finest first."""

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
    features: for each level (B, T / stride_l, C).
    masks: for each level (B, T / stride_l).
    strides: for each level, how many times coarser it is than the network's input.
  """

  features: tuple[Array, ...]
  masks: tuple[Array, ...]
  strides: tuple[int, ...] = flax.struct.field(pytree_node=False)

  def from_level(self, first: int) -> "Pyramid":
    """The pyramid without its levels before `first`."""
    if not 0 <= first < len(self.features):
      raise ValueError(f"start_level {first}: the pyramid only has the levels 0 to {len(self.features) - 1}")
    return Pyramid(self.features[first:], self.masks[first:], self.strides[first:])


class PointLoss(NamedTuple):
  """A loss of one head, beside the losses that all heads have.

  Attributes:
    values: (B, P) or (B, P, 2), at every point, or for both boundaries of every point. The task sums them over the
      positive points and divides by the running count of positives.
    weight: in the sum of all losses.
  """

  values: Array
  weight: Array | float


@flax.struct.dataclass
class LocalizationOutputs:
  """Scores and offsets at every point of the pyramid.

  A head's file extends this class by the head's predictions and computes scores and offsets from them. Offsets are the
  distances of a point to the start and the end of an action, in units of the level's stride.

  Attributes:
    cls_logits: for each level (B, T_l, num_classes), float32.
    pyramid: the head's input, for embedding plots and extraction; its masks are those of the points.
  """

  cls_logits: tuple[Array, ...]
  pyramid: Pyramid

  @property
  def masks(self) -> tuple[Array, ...]:
    """For each level (B, T_l): True at points on valid steps."""
    return self.pyramid.masks

  def class_offsets(self) -> Array:
    """Offsets at the points of all levels, (B, P, C', 2): C' = num_classes where each class has its own, else 1."""
    raise NotImplementedError

  def offsets_at(self, level: int, point: Array, label: Labels) -> Array:
    """Offsets (K, 2) at K points of a level, for one class each; outputs of one recording, without the batch axis.

    Args:
      level: index of the pyramid level.
      point: (K,) indices of points on that level.
      label: (K,) class indices.
    """
    raise NotImplementedError

  def scores(self) -> tuple[Array, ...]:
    """Scores of the classes, for each level (..., T_l, num_classes) in [0, 1]."""
    return tuple(jax.nn.sigmoid(logits) for logits in self.cls_logits)

  def own_losses(self, targets: Array, reg_weight: Array | float) -> Mapping[str, PointLoss]:
    """Losses of this head alone: name in the log, which must end in "_loss" -> loss.

    Args:
      targets: (B, P, 2), the offsets that positive points should predict; 1 at all others.
      reg_weight: of the regression loss.
    """
    return {}


def join(levels: tuple[Array, ...]) -> Array:
  """Joins arrays of each level (B, T_l, ...) into one of all points, (B, P, ...)."""
  return jnp.concatenate(levels, axis=1)
