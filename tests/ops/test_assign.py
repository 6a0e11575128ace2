"""Label assignment: by hand, and against a loop over points and actions."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops.assign import assign
from jaxvid.ops.points import make_points

RANGES = ((0, 4), (4, 8), (8, 10000))


def test_points_of_levels():
  points = make_points((4, 2, 1), (1, 2, 4), RANGES)
  np.testing.assert_array_equal(points.position, [0, 1, 2, 3, 0, 2, 0])
  np.testing.assert_array_equal(points.stride, [1, 1, 1, 1, 2, 2, 4])
  np.testing.assert_array_equal(points.low, [0, 0, 0, 0, 4, 4, 8])
  with pytest.raises(ValueError, match="regression_ranges has 3 levels, the model's pyramid 2"):
    make_points((4, 2), (1, 2), RANGES)


def test_by_hand():
  points = make_points((16, 8, 4), (1, 2, 4), RANGES)
  cls, offsets = _assign(points, [[2, 8]], [1], radius=1.5)
  # Centre 5, level 0: within (3.5, 6.5) and farther boundary at most 4 away: 4 and 6 reach 4, 5 reaches 3.
  assert np.flatnonzero(cls[:16, 1]).tolist() == [4, 5, 6]
  np.testing.assert_allclose(offsets[4], [2, 4])
  # Level 1, stride 2: points inside (2, 8) at 4 and 6 reach 4, which is the inclusive lower bound there.
  assert (np.flatnonzero(cls[16:24, 1]) * 2).tolist() == [4, 6]
  np.testing.assert_allclose(offsets[16 + 2], [1, 2])  # In strides.
  assert not cls[24:].any() and not cls[:, 0].any()


def test_boundaries_are_outside():
  points = make_points((16, 8, 4), (1, 2, 4), RANGES)
  cls, _ = _assign(points, [[4, 6]], [0], radius=None)
  assert np.flatnonzero(cls[:16, 0]).tolist() == [5]


def test_shortest_action_wins_and_equal_lengths_share():
  points = make_points((16, 8, 4), (1, 2, 4), RANGES)
  cls, offsets = _assign(points, [[2, 9], [4, 7], [4.0002, 7.0004]], [0, 1, 2], radius=None)
  assert cls[5].tolist() == [0, 1, 1]  # Lengths 3 and 3.0002 are the same within 1e-3; 7 is longer.
  np.testing.assert_allclose(offsets[5], [1, 2])  # The targets are those of the shortest.


def test_no_actions():
  points = make_points((16, 8, 4), (1, 2, 4), RANGES)
  cls, offsets = assign(points, jnp.zeros((2, 2)), jnp.zeros(2, int), jnp.zeros(2, bool), 3, 1.5)
  assert not np.any(cls) and np.all(np.isfinite(offsets))


@pytest.mark.parametrize("radius", [1.5, 0.7, None])
def test_against_a_loop(rng, radius):
  points = make_points((64, 32, 16), (1, 2, 4), RANGES)
  starts = rng.uniform(0, 60, 12)
  segments = np.stack([starts, starts + rng.uniform(0.1, 20, 12)], -1).astype(np.float32)
  segments[5] = segments[4]  # Two labels on one segment.
  labels = rng.integers(0, 4, 12)
  cls, offsets = _assign(points, segments, labels, radius, num_classes=4)
  expected_cls, expected_offsets = _loop(points, segments, labels, radius, 4)
  np.testing.assert_array_equal(cls, expected_cls)
  positive = expected_cls.any(1)
  assert positive.sum() > 10
  np.testing.assert_allclose(offsets[positive], expected_offsets[positive], atol=1e-5)


def _assign(points, segments, labels, radius, num_classes=3):
  """`assign` with padding behind the actions."""
  padded = jnp.concatenate([jnp.asarray(segments, jnp.float32), jnp.array([[0.0, 9.0]] * 2)])
  valid = jnp.arange(len(padded)) < len(segments)
  cls, offsets = assign(points, padded, jnp.array([*labels, 0, 0]), valid, num_classes, radius)
  return np.asarray(cls), np.asarray(offsets)


def _loop(points, segments, labels, radius, num_classes):
  cls, offsets = np.zeros((len(points.position), num_classes)), np.zeros((len(points.position), 2))
  for i, (t, low, high, stride) in enumerate(zip(*points)):
    lengths = []
    for start, end in segments:
      center = (start + end) / 2
      reach = math.inf if radius is None else radius * stride
      inside = max(start, center - reach) < t < min(end, center + reach)
      lengths.append(end - start if inside and low <= max(t - start, end - t) <= high else math.inf)
    best = int(np.argmin(lengths))
    if lengths[best] < math.inf:
      offsets[i] = (t - segments[best][0]) / stride, (segments[best][1] - t) / stride
      for length, label in zip(lengths, labels):
        if length <= lengths[best] + 1e-3:
          cls[i, label] = 1
  return cls, offsets
