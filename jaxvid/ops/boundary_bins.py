"""Boundaries as expectations over bins (TriDet, Shi et al. 2023, section 3.3, equations 5 and 6).

Seen from point t of a level, the start lies 0 to num_bins steps back and the end 0 to num_bins steps ahead. The logit
of each of these steps is the sum of the point's bin for it and of the step's own start or end logit:

    left = sum over j of (num_bins - j) softmax_j(start[t - num_bins + j] + bins[t, j])
    right = sum over j of j softmax_j(end[t + j] + bins[t, num_bins + 1 + j])

Both are distances in units of the level's stride, one for each class. At the ends of a recording some of the steps do
not exist, or are padding. `border` says what the softmax does with them:
  "masked": leaves them out;
  "zero_logit": gives them a logit of 0, as in the public code. Existing steps start from a logit of -4.6, so a point
    near the border at first expects its boundary beyond it.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float

from jaxvid.array_types import Array, Labels, Mask

BORDERS = ("masked", "zero_logit")
# Finite, so that a row without any existing step (a padded point) gives no NaN.
_FORBIDDEN = -1e30


def expected_distances(bins: Array, start_logits: Array, end_logits: Array, mask: Mask, border: str) -> Array:
  """Distances of every point of a level to start and end, for every class.

  Args:
    bins: (B, T, 2 (num_bins + 1)), the start's before the end's.
    start_logits, end_logits: (B, T, C).
    mask: (B, T).
    border: see the top of this file.

  Returns:
    (B, T, C, 2), in steps.
  """
  reach = bins.shape[-1] // 2 - 1
  steps = mask.shape[1]

  def neighbours(x, padding):  # (B, T, ...) -> (B, T, ..., num_bins + 1)
    padded = jnp.pad(x, [(0, 0), padding] + [(0, 0)] * (x.ndim - 2))
    return jnp.stack([padded[:, j : j + steps] for j in range(reach + 1)], axis=-1)

  def one_side(logits, side_bins, padding):
    there = neighbours(mask, padding)[:, :, None]
    return _expectation(neighbours(logits, padding), side_bins[:, :, None], there, border)

  left = reach - one_side(start_logits, bins[..., : reach + 1], (reach, 0))
  right = one_side(end_logits, bins[..., reach + 1 :], (0, reach))
  return jnp.stack([left, right], axis=-1)


def expected_distances_at(
  bins: Array, start_logits: Array, end_logits: Array, mask: Array, border: str, point: Array, label: Labels
) -> Array:
  """As `expected_distances`, but (K, 2), for K points of one recording and a class for each.

  Args:
    bins, start_logits, end_logits, mask: as there, without the batch axis.
    border: as there.
    point, label: (K,).
  """
  reach = bins.shape[-1] // 2 - 1
  steps = len(mask)

  def one_side(logits, side_bins, first):
    position = point[:, None] + first + jnp.arange(reach + 1)
    inside = (position >= 0) & (position < steps)
    position = jnp.clip(position, 0, steps - 1)
    there = inside & mask[position]
    # Steps beyond the array have a logit of zero, as padded steps have.
    seen = jnp.where(inside, logits[position, label[:, None]], 0)
    return _expectation(seen, side_bins[point], there, border)

  left = reach - one_side(start_logits, bins[:, : reach + 1], -reach)
  right = one_side(end_logits, bins[:, reach + 1 :], 0)
  return jnp.stack([left, right], axis=-1)


def _expectation(
  seen: Float[Array, "*#N W"], own: Float[Array, "*#N W"], there: Bool[Array, "*#N W"], border: str
) -> Float[Array, "*M"]:
  """Mean position, in [0, num_bins], along the last axis under softmax(seen + own)."""
  logits = seen + own
  if border == "masked":
    logits = jnp.where(there, logits, _FORBIDDEN)
  elif border != "zero_logit":
    raise ValueError(f"border must be one of {', '.join(BORDERS)}; got {border!r}")
  return jax.nn.softmax(logits, axis=-1) @ jnp.arange(logits.shape[-1], dtype=logits.dtype)
