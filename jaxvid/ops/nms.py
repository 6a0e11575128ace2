"""Non-maximum suppression and segment voting over candidate segments, in static shapes.

All classes are suppressed at once: a step takes the best remaining candidate of every class and decays the others of
its class, so there are as many steps as the busiest class has detections, not as all have together. The steps end as
soon as the `max_detections` best are known; running each class on its own and merging gives the same detections.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array
from jaxvid.ops.decode import Candidates
from jaxvid.ops.segments import tiou

# Added to every length in suppression, as in the public code: a segment of no length then overlaps nothing.
_EPSILON = 1e-6
_REMOVED = -1.0

METHODS = ("soft", "hard", "none")


def suppress(
  candidates: Candidates,
  *,
  method: str,
  max_detections: int,
  min_score: float,
  num_classes: int,
  sigma: float = 0.5,
  iou_threshold: float = 0.1,
  multiclass: bool = True,
) -> Candidates:
  """The `max_detections` best candidates after suppression, best first; shorter lists are padded with invalid entries.

  Args:
    candidates: N of them; the scores of invalid entries are ignored.
    method: "soft": overlapping candidates decay by exp(-tIoU^2 / sigma) (Bodla et al. 2017); "hard": those with tIoU of
      at least `iou_threshold` are removed; "none": all stay.
    max_detections: length of the result.
    min_score: soft: a candidate whose score has decayed below it is removed (the best of a class always stays); hard: a
      candidate must score above it from the start.
    num_classes: labels are below it.
    sigma, iou_threshold: see `method`.
    multiclass: candidates of different classes do not suppress each other.

  Raises:
    ValueError: an unknown method.
  """
  scores = jnp.where(candidates.valid, candidates.scores, _REMOVED)
  if method == "none":
    return _take(candidates, *_best(scores, max_detections))
  if method == "hard":
    scores = jnp.where(scores > min_score, scores, _REMOVED)
  elif method != "soft":
    raise ValueError(f"NMS method must be one of {METHODS}; got {method!r}")

  # Lay the candidates out in blocks: in a group, which is a class or all classes, they suppress each other.
  groups = candidates.labels if multiclass else jnp.zeros_like(candidates.labels)
  blocks = _make_blocks(groups, candidates.valid, num_classes if multiclass else 1)
  start, end = candidates.segments[blocks.index, 0], candidates.segments[blocks.index, 1]
  scores = jnp.where(blocks.filled, scores[blocks.index], _REMOVED)
  length = end - start + _EPSILON
  row, column = jnp.arange(len(scores))[:, None], jnp.arange(scores.shape[1])
  of_group = blocks.group == jnp.arange(num_classes if multiclass else 1)[:, None]

  def decay(scores, overlap):
    if method == "hard":
      return jnp.where(overlap >= iou_threshold, _REMOVED, scores)
    decayed = scores * jnp.exp(-jnp.square(overlap) / sigma)
    return jnp.where(decayed < min_score, _REMOVED, decayed)

  def is_unfinished(state):
    _, final, best = state
    # Remaining scores only fall, so the picked candidates that score as high as the best of them are final.
    highest = jnp.max(best)
    return (highest >= 0) & (jnp.sum(final >= highest) < max_detections)

  def step(state):  # Picks the best candidate of each group, and decays the others of its group.
    scores, final, best = state  # `best`: the highest score of each column.
    best_column = jnp.argmax(jnp.where(of_group, best, _REMOVED), axis=1)  # Of each group.
    best_row = jnp.argmax(scores[:, best_column], axis=0)
    best_start, best_end = start[best_row, best_column][blocks.group], end[best_row, best_column][blocks.group]
    picked = (row == best_row[blocks.group]) & (column == best_column[blocks.group]) & (scores >= 0)

    shared = jnp.maximum(jnp.minimum(end, best_end) - jnp.maximum(start, best_start), 0)
    overlap = shared / (length + (best_end - best_start + _EPSILON) - shared)
    final = jnp.where(picked, scores, final)
    scores = jnp.where(picked | (scores < 0), _REMOVED, decay(scores, overlap))
    return scores, final, jnp.max(scores, axis=0)

  start_state = (scores, jnp.full_like(scores, _REMOVED), jnp.max(scores, axis=0))
  _, final, _ = jax.lax.while_loop(is_unfinished, step, start_state)
  final, place = _best(final.reshape(-1), max_detections)
  return _take(candidates, final, blocks.index.reshape(-1)[place])


class _Blocks(NamedTuple):
  """Candidates laid out in columns, each of one group, so that the best of a group is the best of a few columns.

  Attributes:
    index: (K, B), of the candidate in each place.
    filled: (K, B), whether there is one.
    group: (B,) of each column; arbitrary for an empty column.
  """

  index: Array
  filled: Array
  group: Array


def _make_blocks(groups: Array, valid: Array, num_groups: int) -> _Blocks:
  """Lays out N candidates by their groups (N,); a group's last column may be partly empty, spare columns wholly."""
  # A step of suppression looks at every place, and at every column of every group: sqrt(N) rows balance the two.
  height = 1 << max(len(groups).bit_length() // 2, 3)
  num_columns = -(-len(groups) // height) + num_groups
  sorted_groups, order = jax.lax.sort_key_val(jnp.where(valid, groups, num_groups), jnp.arange(len(groups)))
  first = jnp.searchsorted(sorted_groups, jnp.arange(num_groups + 1))  # Place of each group in the order.
  columns_end = jnp.cumsum(-(-jnp.diff(first) // height))
  column = jnp.arange(num_columns)
  group = jnp.sum(column[:, None] >= columns_end, axis=1)
  used, group = group < num_groups, jnp.minimum(group, num_groups - 1)
  columns_before = jnp.where(group > 0, columns_end[group - 1], 0)
  place = first[group] + (column - columns_before) * height + jnp.arange(height)[:, None]
  filled = used & (place < first[group + 1])
  return _Blocks(order[jnp.where(filled, place, 0)], filled, group)


def vote(
  detections: Candidates, candidates: Candidates, *, iou_threshold: float, weight: str = "score_iou"
) -> Candidates:
  """Replaces each detection's segment by the weighted mean of all candidates with tIoU of at least `iou_threshold`.

  Args:
    detections: candidates that are left after suppression.
    candidates: all candidates before suppression.
    iou_threshold: tIoU from which a candidate counts.
    weight: of a candidate: "score_iou", its score times the tIoU (ActionFormer), or "score" (TriDet, OpenTAD).

  Raises:
    ValueError: an unknown weight.
  """
  if weight not in ("score_iou", "score"):
    raise ValueError(f'voting weight must be "score_iou" or "score"; got {weight!r}')
  scores = jnp.where(candidates.valid, candidates.scores, 0)

  def mean_segment(segment):
    overlap = tiou(segment, candidates.segments)
    weights = jnp.where(overlap >= iou_threshold, scores * (overlap if weight == "score_iou" else 1), 0)
    total = jnp.sum(weights)
    # A segment without length overlaps nothing, itself included, and keeps its place.
    return jnp.where(total > 0, weights @ candidates.segments / jnp.where(total > 0, total, 1), segment)

  # In batches: the whole matrix of detections and candidates would be hundreds of megabytes.
  segments = jax.lax.map(mean_segment, detections.segments, batch_size=128)
  return detections._replace(segments=segments)


def _best(scores: Array, count: int) -> tuple[Array, Array]:
  """The `count` highest scores, best first, and their indices; padded with `_REMOVED` where there are fewer."""
  best, index = jax.lax.top_k(scores, min(count, len(scores)))
  missing = count - len(best)
  return jnp.pad(best, (0, missing), constant_values=_REMOVED), jnp.pad(index, (0, missing))


def _take(candidates: Candidates, scores: Array, index: Array) -> Candidates:
  valid = scores >= 0
  return Candidates(
    jnp.where(valid[:, None], candidates.segments[index], 0),
    jnp.where(valid, scores, 0),
    jnp.where(valid, candidates.labels[index], 0),
    valid,
  )
