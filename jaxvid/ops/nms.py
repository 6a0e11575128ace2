"""Non-maximum suppression and segment voting over candidate segments, in static shapes.

One loop serves all classes: it takes the best remaining candidate of any class and decays the others of its class. That
gives the detections in the order of their final scores, so it may stop at `max_detections`; running each class on its
own and merging gives the same detections.
"""

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array
from jaxvid.ops.decode import Candidates
from jaxvid.ops.segments import tiou

# Lengths get this much in suppression, as in the public code: segments of no length overlap nothing.
_EPSILON = 1e-6
_REMOVED = -1.0

METHODS = ("soft", "hard", "none")


def suppress(
  candidates: Candidates,
  *,
  method: str,
  max_detections: int,
  min_score: float,
  sigma: float = 0.5,
  iou_threshold: float = 0.1,
  multiclass: bool = True,
) -> Candidates:
  """The `max_detections` best candidates after suppression, best first; shorter lists are padded and not `valid`.

  Args:
    candidates: N of them; the score of an entry that is not valid does not matter.
    method: "soft": overlapping candidates decay by exp(-tIoU^2 / sigma) (Bodla et al. 2017); "hard": those with tIoU of
      at least `iou_threshold` go; "none": all stay.
    max_detections: length of the result.
    min_score: soft: a candidate whose score has decayed below it goes (the best of a class always stays); hard: a
      candidate must score above it from the start.
    sigma, iou_threshold: see `method`.
    multiclass: candidates of different classes leave each other alone.
  """
  segments, _, labels, valid = candidates
  groups = labels if multiclass else jnp.zeros_like(labels)
  scores = jnp.where(valid, candidates.scores, _REMOVED)
  if method == "none":
    return _take(candidates, *_pad(*jax.lax.top_k(scores, min(max_detections, len(scores))), max_detections))
  if method == "hard":
    scores = jnp.where(scores > min_score, scores, _REMOVED)
  elif method != "soft":
    raise ValueError(f"NMS method must be one of {METHODS}; got {method!r}")

  def decay(scores, overlap):
    if method == "hard":
      return jnp.where(overlap >= iou_threshold, _REMOVED, scores)
    decayed = scores * jnp.exp(-jnp.square(overlap) / sigma)
    return jnp.where(decayed < min_score, _REMOVED, decayed)

  def unfinished(state):
    count, scores, _, _ = state
    return (count < max_detections) & (jnp.max(scores) >= 0)

  def step(state):
    count, scores, picked, picked_scores = state
    best = jnp.argmax(scores)
    picked, picked_scores = picked.at[count].set(best), picked_scores.at[count].set(scores[best])
    rival = (groups == groups[best]) & (scores >= 0)
    scores = jnp.where(rival, decay(scores, tiou(segments[best], segments, _EPSILON)), scores)
    return count + 1, scores.at[best].set(_REMOVED), picked, picked_scores

  start = (0, scores, jnp.zeros(max_detections, int), jnp.full(max_detections, _REMOVED, scores.dtype))
  _, _, picked, picked_scores = jax.lax.while_loop(unfinished, step, start)
  return _take(candidates, picked_scores, picked)


def vote(
  detections: Candidates, candidates: Candidates, *, iou_threshold: float, weight: str = "score_iou"
) -> Candidates:
  """Replaces each detection's segment by the weighted mean of all candidates with tIoU of at least `iou_threshold`.

  Args:
    detections: what suppression left of the candidates.
    candidates: before suppression.
    iou_threshold: see above.
    weight: "score_iou" (ActionFormer) or "score" (TriDet, OpenTAD).
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


def _pad(scores: Array, index: Array, length: int) -> tuple[Array, Array]:
  missing = length - len(scores)
  return jnp.pad(scores, (0, missing), constant_values=_REMOVED), jnp.pad(index, (0, missing))


def _take(candidates: Candidates, scores: Array, index: Array) -> Candidates:
  valid = scores >= 0
  return Candidates(
    jnp.where(valid[:, None], candidates.segments[index], 0),
    jnp.where(valid, scores, 0),
    jnp.where(valid, candidates.labels[index], 0),
    valid,
  )
