"""From scores and offsets at the points to candidate segments (ActionFormer, section 3.4)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array, Labels, Scores, Segments, Valid
from jaxvid.ops.points import Points
from jaxvid.ops.segments import from_offsets


class Candidates(NamedTuple):
  """Scored segments of one recording, in grid units; entries that are not `valid` mean nothing.

  Attributes:
    segments: (N, 2).
    scores: (N,).
    labels: (N,) class indices.
    valid: (N,).
  """

  segments: Segments
  scores: Scores
  labels: Labels
  valid: Valid


def decode(
  points: Points,
  cls_logits: tuple[Array, ...],
  offsets: tuple[Array, ...],
  masks: tuple[Array, ...],
  *,
  min_score: float,
  top_k: int,
  min_length: float,
) -> Candidates:
  """The best `top_k` (point, class) pairs of each level whose score and length exceed the thresholds.

  Args:
    points: of all levels.
    cls_logits, offsets, masks: of one recording, a level each: (T_l, C), (T_l, 2), (T_l,).
    min_score: a sigmoid score must exceed it.
    top_k: pairs a level at most.
    min_length: a segment must be longer, in grid units.
  """
  levels, first = [], 0
  for logits, level_offsets, mask in zip(cls_logits, offsets, masks):
    num_points, num_classes = logits.shape
    scores = jax.nn.sigmoid(logits.astype(jnp.float32)) * mask[:, None]
    scores, index = jax.lax.top_k(scores.reshape(-1), min(top_k, num_points * num_classes))
    point, label = index // num_classes, index % num_classes
    position, stride = (
      jnp.asarray(column[first : first + num_points])[point] for column in (points.position, points.stride)
    )
    segments = from_offsets(position, level_offsets[point], stride)
    valid = (scores > min_score) & (segments[:, 1] - segments[:, 0] > min_length)
    levels.append(Candidates(segments, scores, label, valid))
    first += num_points
  return Candidates(*(jnp.concatenate(parts) for parts in zip(*levels)))
