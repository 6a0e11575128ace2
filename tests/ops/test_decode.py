"""From points to candidates, by hand."""

import jax.numpy as jnp
import numpy as np

from jaxvid.ops.decode import decode
from jaxvid.ops.points import make_points

POINTS = make_points((4, 2), (1, 2), ((0, 4), (4, 100)))


def candidates(**settings):
  cls = np.full((4, 2), 1e-6), np.full((2, 2), 1e-6)
  cls[0][1, 0], cls[0][2, 1], cls[0][3, 0], cls[1][1, 1] = 0.9, 0.4, 0.8, 0.7
  offsets = np.zeros((4, 2)), np.zeros((2, 2))
  offsets[0][:], offsets[1][:] = (0.5, 1.0), (0.25, 2.0)
  masks = jnp.array([True, True, True, False]), jnp.array([True, True])
  defaults = dict(min_score=0.01, top_k=3, min_length=0.05)
  scores = tuple(jnp.asarray(level, jnp.float32) for level in cls)
  offsets_at = lambda level, point, label: jnp.asarray(offsets[level])[point]  # noqa: E731
  found = decode(POINTS, scores, offsets_at, masks, **(defaults | settings))
  rows = zip(*(np.asarray(part) for part in found))
  return [
    (tuple(segment.tolist()), round(float(score), 4), int(label)) for segment, score, label, valid in rows if valid
  ]


def test_scores_classes_and_strides():
  # Points 1 and 2 of level 0 have stride 1, point 1 of level 1 sits at 2 with stride 2; point 3 is masked.
  assert candidates() == [((0.5, 2.0), 0.9, 0), ((1.5, 3.0), 0.4, 1), ((1.5, 6.0), 0.7, 1)]


def test_thresholds_and_top_k():
  assert [row[1] for row in candidates(min_score=0.5)] == [0.9, 0.7]
  assert [row[1] for row in candidates(top_k=1)] == [0.9, 0.7]  # A level each.
  assert [row[1] for row in candidates(min_length=2.0)] == [0.7]


def test_top_k_may_exceed_what_there_is():
  assert len(candidates(top_k=1000)) == 3
