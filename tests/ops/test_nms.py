"""Suppression and voting against a plain NumPy oracle, which treats the classes one by one."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops.decode import Candidates
from jaxvid.ops.nms import suppress, vote

NUM_CLASSES = 20  # More than most cases have.


def _random(rng, count, num_classes=4, spread=30.0):
  starts = rng.uniform(0, spread, count)
  segments = np.stack([starts, starts + rng.uniform(0.2, 8, count)], -1).astype(np.float32)
  scores = rng.uniform(0.002, 1, count).astype(np.float32)
  return segments, scores, rng.integers(0, num_classes, count), rng.random(count) < 0.9


def _degenerate(rng, kind):
  segments, scores, labels, valid = _random(rng, 40)
  if kind == "ties in score":
    scores = np.round(scores, 1).astype(np.float32)
  elif kind == "all the same":
    segments, scores, labels = np.tile(np.float32([[2, 5]]), (40, 1)), np.full(40, 0.5, np.float32), np.zeros(40, int)
  elif kind == "zero length":
    segments[::2, 1] = segments[::2, 0]
  elif kind == "identical points":
    segments = np.full((40, 2), 3, np.float32)
  elif kind == "empty":
    valid = np.zeros(40, bool)
  elif kind == "one candidate":
    valid = np.arange(40) == 7
  elif kind == "one class":
    labels = np.zeros(40, int)
  elif kind == "all below the threshold":
    scores = np.full(40, 1e-4, np.float32) * (1 + np.arange(40, dtype=np.float32))
  return segments, scores, labels, valid


DEGENERATE = [
  "ties in score",
  "all the same",
  "zero length",
  "identical points",
  "empty",
  "one candidate",
  "one class",
  "all below the threshold",
]


@pytest.mark.parametrize("multiclass", [True, False])
@pytest.mark.parametrize("method", ["soft", "hard"])
@pytest.mark.parametrize("seed", range(5))
def test_random(seed, method, multiclass):
  candidates = _random(np.random.default_rng(seed), 120)
  _assert_like_oracle(candidates, method=method, max_detections=60, min_score=0.05, multiclass=multiclass)


@pytest.mark.parametrize("multiclass", [True, False])
@pytest.mark.parametrize("method", ["soft", "hard", "none"])
@pytest.mark.parametrize("kind", DEGENERATE)
def test_degenerate(rng, kind, method, multiclass):
  _assert_like_oracle(_degenerate(rng, kind), method=method, max_detections=60, min_score=0.01, multiclass=multiclass)


def test_thousands(rng):
  candidates = _random(rng, 6000, num_classes=20, spread=2000.0)
  _assert_like_oracle(candidates, method="soft", max_detections=2000, min_score=0.001, multiclass=True)


@pytest.mark.parametrize("multiclass", [True, False])
def test_classes_of_very_different_sizes(rng, multiclass):
  """Many classes, one of them with most of the candidates, and many with none."""
  segments, scores, _, valid = _random(rng, 700, spread=200.0)
  labels = np.where(rng.random(700) < 0.7, 123, rng.integers(0, 400, 700))
  _assert_like_oracle(
    (segments, scores, labels, valid),
    method="soft",
    max_detections=500,
    min_score=0.001,
    multiclass=multiclass,
    num_classes=400,
  )


def test_fewer_candidates_than_detections(rng):
  found = _suppress(_random(rng, 5), method="none", max_detections=9, min_score=0.0)
  assert found.scores.shape == (9,) and found.valid.sum() <= 5


def test_batches_stay_apart(rng):
  batch = [_random(np.random.default_rng(seed), 50) for seed in range(3)]
  one = _compiled(method="soft", max_detections=30, min_score=0.05, num_classes=4)
  together = jax.vmap(one)(Candidates(*(jnp.stack([jnp.asarray(c[i]) for c in batch]) for i in range(4))))
  for i, candidates in enumerate(batch):
    alone = one(Candidates(*map(jnp.asarray, candidates)))
    for a, b in zip(together, alone):
      np.testing.assert_allclose(a[i], b, rtol=1e-6)


def test_soft_by_hand():
  # tIoU of [0, 2] and [1, 3] is 1/3 (epsilon aside): 0.8 becomes 0.8 exp(-(1/9) / 0.5). The other class stays.
  segments = np.float32([[0, 2], [1, 3], [0, 2]])
  found = _suppress(
    (segments, np.float32([0.9, 0.8, 0.7]), np.array([0, 0, 1]), np.ones(3, bool)),
    method="soft",
    max_detections=3,
    min_score=0.001,
    sigma=0.5,
  )
  np.testing.assert_allclose(found.scores, [0.9, 0.7, 0.8 * np.exp(-(1 / 9) / 0.5)], rtol=1e-5)
  np.testing.assert_array_equal(found.labels, [0, 1, 0])


@pytest.mark.parametrize("weight", ["score_iou", "score"])
def test_voting(rng, weight):
  candidates = _random(rng, 150)
  found = _suppress(candidates, method="soft", max_detections=40, min_score=0.01, multiclass=False)
  voted = vote(found, Candidates(*map(jnp.asarray, candidates)), iou_threshold=0.6, weight=weight)
  segments, scores, _, valid = candidates
  moved = 0
  for before, after, is_detection in zip(
    np.asarray(found.segments), np.asarray(voted.segments), np.asarray(found.valid)
  ):
    if not is_detection:
      continue
    overlap = _tiou(before, segments, 0)
    weights = np.where(valid & (overlap >= 0.6), scores * (overlap if weight == "score_iou" else 1), 0)
    np.testing.assert_allclose(after, weights @ segments / weights.sum(), rtol=1e-4)
    moved += np.abs(after - before).max() > 1e-3
  assert moved > 5


def test_voting_keeps_segments_without_length():
  point = Candidates(jnp.array([[3.0, 3.0]]), jnp.array([0.5]), jnp.array([0]), jnp.array([True]))
  np.testing.assert_array_equal(vote(point, point, iou_threshold=0.7).segments, [[3, 3]])


def test_unknown_method_and_weight(rng):
  with pytest.raises(ValueError, match="NMS method"):
    _suppress(_random(rng, 5), method="sofft", max_detections=5, min_score=0.1)
  point = Candidates(jnp.zeros((1, 2)), jnp.zeros(1), jnp.zeros(1, int), jnp.ones(1, bool))
  with pytest.raises(ValueError, match="voting weight"):
    vote(point, point, iou_threshold=0.5, weight="iou")


def _suppress(candidates, **settings):
  return _compiled(**(dict(num_classes=NUM_CLASSES) | settings))(Candidates(*map(jnp.asarray, candidates)))


@functools.cache
def _compiled(**settings):
  return jax.jit(functools.partial(suppress, **settings))


def _assert_like_oracle(candidates, **settings):
  found = _suppress(candidates, **settings)
  settings.pop("num_classes", None)
  expected = oracle(*candidates, **settings)
  count = int(found.valid.sum())
  assert count == len(expected)
  assert not np.any(np.asarray(found.valid)[count:]), "detections come first"
  ours = [
    (int(label), float(score), *map(float, segment))
    for segment, score, label, _ in zip(*(np.asarray(part)[:count] for part in found))
  ]
  # Rows of equal score may come in any order.
  np.testing.assert_allclose(sorted(ours), sorted(expected), rtol=2e-5, atol=2e-6)
  np.testing.assert_allclose([row[1] for row in ours], [row[1] for row in expected], rtol=2e-5, atol=2e-6)


def oracle(
  segments, scores, labels, valid, *, method, max_detections, min_score, multiclass=True, sigma=0.5, iou_threshold=0.1
):
  """Suppression as the public code does it: each class on its own, merged and capped at the end."""
  kept = []
  groups = labels if multiclass else np.zeros_like(labels)
  for group in np.unique(groups):
    index = np.flatnonzero(valid & (groups == group) & ((method != "hard") | (scores > min_score)))
    current = scores[index].astype(float)
    while len(index):
      best = int(np.argmax(current))
      first, score = index[best], current[best]
      kept.append((int(labels[first]), score, float(segments[first][0]), float(segments[first][1])))
      index, current = np.delete(index, best), np.delete(current, best)
      overlap = _tiou(segments[first], segments[index], 1e-6)
      if method == "soft":
        current = current * np.exp(-(overlap**2) / sigma)
        stays = current >= min_score
      else:
        stays = (overlap < iou_threshold) | (method == "none")
      index, current = index[stays], current[stays]
  return sorted(kept, key=lambda row: -row[1])[:max_detections]


def _tiou(segment, others, epsilon):
  shared = np.maximum(np.minimum(segment[1], others[:, 1]) - np.maximum(segment[0], others[:, 0]), 0)
  union = (segment[1] - segment[0] + epsilon) + (others[:, 1] - others[:, 0] + epsilon) - shared
  return np.where(union > 0, shared / np.where(union > 0, union, 1), 0)
