"""Label assignment: the classes and offsets that each point learns (ActionFormer, section 3.3)."""

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array, Labels, Segments, Valid
from jaxvid.ops.points import Points

# Actions whose lengths differ by less, in grid units, share their points: THUMOS14 labels some segments twice.
_SAME_LENGTH = 1e-3


def assign(
  points: Points, segments: Segments, labels: Labels, valid: Valid, num_classes: int, center_radius: float | None
) -> tuple[Array, Array]:
  """Classification and regression targets of every point of one recording.

  A point is positive for an action [a, b] with centre c when it lies strictly inside [a, b], at most center_radius
  strides from c (center sampling; None for none), and the farther boundary is within the point's regression range.
  Among several actions it takes the shortest, and the classes of all actions of that length.

  Args:
    points: P points.
    segments: (N, 2) in grid units.
    labels: (N,) class indices.
    valid: (N,) False for padding.
    num_classes: C.
    center_radius: in strides of the point's level.

  Returns:
    cls_targets (P, C), multi-hot, all zero at negatives; offset_targets (P, 2), distances to start and end in strides
    of the point's level, meaningful at positives only.
  """
  # Which (point, action) pairs are positive: (P, N).
  position, low, high, stride = (jnp.asarray(column)[:, None] for column in points)
  start, end = segments[:, 0], segments[:, 1]
  left, right = position - start, end - position
  if center_radius is None:
    inside = jnp.minimum(left, right) > 0
  else:
    center = 0.5 * (start + end)
    nearest = jnp.maximum(center - center_radius * stride, start)
    farthest = jnp.minimum(center + center_radius * stride, end)
    inside = jnp.minimum(position - nearest, farthest - position) > 0
  reach = jnp.maximum(left, right)
  candidate = inside & (reach >= low) & (reach <= high) & valid

  # Classes of the shortest of each point's actions, and of those as short.
  length = jnp.where(candidate, end - start, jnp.inf)
  shortest = jnp.min(length, axis=1, keepdims=True)
  chosen = candidate & (length <= shortest + _SAME_LENGTH)
  cls_targets = jnp.minimum(chosen.astype(jnp.float32) @ jax.nn.one_hot(labels, num_classes), 1)

  # Offsets to the shortest action.
  action = jnp.argmin(length, axis=1)
  offset_targets = jnp.stack([position[:, 0] - start[action], end[action] - position[:, 0]], axis=-1) / stride
  return cls_targets, offset_targets
