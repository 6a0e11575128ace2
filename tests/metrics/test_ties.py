"""The order of equal scores is that of NumPy's AVX2 sort, whatever the processor."""

import zlib

import numpy as np
import pytest

from jaxvid.metrics import ties


def test_without_ties_it_is_the_order_by_score(rng):
  scores, group = rng.permutation(1000) / 1000, rng.integers(0, 7, 1000)
  np.testing.assert_array_equal(ties.published_order(scores, group), np.lexsort((-scores, group)))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 17, 256, 257, 2000])
def test_it_sorts_each_group_by_descending_score(rng, size):
  scores, group = rng.integers(0, 9, size) / 9, rng.integers(0, 3, size)
  order = ties.published_order(scores, group)
  assert sorted(order.tolist()) == list(range(size))
  assert np.all(np.diff(group[order]) >= 0)
  assert np.all((np.diff(scores[order]) <= 0) | (np.diff(group[order]) > 0))


def test_groups_are_ranked_each_for_itself(rng):
  scores, group = rng.integers(0, 50, 2000) / 50, rng.integers(0, 4, 2000)
  order = ties.published_order(scores, group)
  for g in range(4):
    rows = np.flatnonzero(group == g)
    alone = ties.published_order(scores[rows], np.zeros(len(rows), int))
    np.testing.assert_array_equal(order[group[order] == g], rows[alone])


def test_a_small_case():
  # Recorded from numpy.argsort()[::-1] with AVX2: neither the order of the rows nor its reverse.
  scores = np.array([0.5, 0.5, 0.3, 0.5, 0.3, 0.9])
  np.testing.assert_array_equal(ties.published_order(scores, np.zeros(6, int)), [5, 3, 0, 1, 4, 2])


@pytest.mark.parametrize(
  "size, levels, checksum",
  [
    (5, 2, 3563168740),  # One network of two vectors.
    (64, 20, 2589940600),
    (257, 40, 2906726533),  # One partition.
    (3000, 500, 652678457),
    (20000, 3000, 3552849654),
  ],
)
def test_it_is_the_order_that_numpy_gives_with_avx2(size, levels, checksum):
  # crc32 of scores.argsort()[::-1] by NumPy 2.4.6 under NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR".
  scores = np.random.default_rng(size).integers(0, levels, size) / levels
  order = ties.published_order(scores, np.zeros(size, int))
  assert zlib.crc32(order.astype("<i8").tobytes()) == checksum


@pytest.mark.parametrize("scores", [np.full(5000, 0.5), np.repeat([0.2, 0.7], 3000), np.arange(600) // 2 / 300])
def test_it_ends_where_nearly_all_scores_are_equal(scores):
  order = ties.published_order(scores, np.zeros(len(scores), int))
  assert np.all(np.diff(scores[order]) <= 0) and len(set(order.tolist())) == len(scores)
