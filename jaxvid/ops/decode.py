"""Decodes scores and offsets at the points into candidate segments (ActionFormer, section 3.4)."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array, Labels, Scores, Segments, Valid
from jaxvid.ops.points import Points
from jaxvid.ops.segments import from_offsets


class Candidates(NamedTuple):
  """Scored segments of one recording, in grid units; entries that are not `valid` are filler.

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
  scores: tuple[Array, ...],
  offsets_at: Callable[[int, Array, Array], Array],
  masks: tuple[Array, ...],
  *,
  min_score: float,
  top_k: int,
  min_length: float,
) -> Candidates:
  """Candidates from the best `top_k` (point, class) pairs of each level whose score and length exceed the thresholds.

  Args:
    points: of all levels.
    scores: for each level of one recording, (T_l, C) in [0, 1].
    offsets_at: (level, points (K,), classes (K,)) -> offsets (K, 2) in units of the level's stride. Called for the best
      pairs only, since a head's offsets may differ from class to class.
    masks: for each level, (T_l,).
    min_score: a score must exceed it.
    top_k: most pairs of a level.
    min_length: a segment must be longer, in grid units.
  """
  levels, first = [], 0
  for level, (level_scores, mask) in enumerate(zip(scores, masks)):
    num_points, num_classes = level_scores.shape
    level_scores = (level_scores * mask[:, None]).reshape(-1)
    best, index = jax.lax.top_k(level_scores, min(top_k, num_points * num_classes))
    point, label = index // num_classes, index % num_classes
    position, stride = (
      jnp.asarray(column[first : first + num_points])[point] for column in (points.position, points.stride)
    )
    segments = from_offsets(position, offsets_at(level, point, label), stride)
    valid = (best > min_score) & (segments[:, 1] - segments[:, 0] > min_length)
    levels.append(Candidates(segments, best, label, valid))
    first += num_points
  return Candidates(*(jnp.concatenate(parts) for parts in zip(*levels)))
