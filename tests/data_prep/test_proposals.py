"""Proposals: cheapest buckets, levels that reach the longest actions, ranges without gaps."""

import itertools

import numpy as np
import pytest

from jaxvid.data_prep.statistics import proposals
from jaxvid.data_prep.statistics.rows import Row


def rows(durations, actions, fps=30.0, stride=4.0, num_frames=16.0):
  """Recordings of these durations, each with actions of these lengths, in seconds."""
  segments = np.array([(0.0, length) for length in actions]).reshape(-1, 2)
  return [
    Row("train", str(i), duration, segments, np.zeros(len(actions), int), len(actions), fps, stride, num_frames, None)
    for i, duration in enumerate(durations)
  ]


@pytest.mark.parametrize("seed", range(5))
def test_buckets_are_the_cheapest_there_are(seed):
  rng = np.random.default_rng(seed)
  lengths = np.minimum(rng.integers(1, 400, size=30), 320)
  found = proposals._buckets(lengths, 320, 32)

  def cost(buckets):
    return sum(min(bucket for bucket in buckets if bucket >= length) for length in lengths)

  best = min(cost((*some, 320)) for n in range(4) for some in itertools.combinations(range(32, 320, 32), n))
  assert cost(found) == best and found[-1] == 320 and len(found) <= 4 and sorted(found) == list(found)


def test_no_bucket_is_without_use():
  assert proposals._buckets(np.full(10, 192), 192, 32) == (192,)


def test_long_recordings_have_few_candidates():
  found = proposals._buckets(np.arange(1, 60_000, 977), 60_000, 16)
  assert found[-1] == 60_000 and len(found) == 4 and all(bucket % 16 == 0 for bucket in found[:-1])


@pytest.mark.parametrize("longest, levels", [(2.0, 5), (20.0, 6), (30.0, 6), (40.0, 7), (160.0, 9), (2000.0, 9)])
def test_levels_reach_the_longest_actions(longest, levels):
  proposal = proposals.propose(rows([4000.0] * 5, [longest, 1.5]), 3)
  assert len(proposal.regression_ranges) == levels
  assert proposal.depths == (2, 2, levels - 1)
  last_low = proposal.regression_ranges[-1][0]
  assert levels == 9 or longest / 2 * 7.5 <= 2 * last_low


@pytest.mark.parametrize("num_long, levels", [(1, 5), (10, 9)])
def test_a_few_long_actions_do_not_make_levels(num_long, levels):
  proposal = proposals.propose(rows([4000.0], [2.0] * 1000 + [200.0] * num_long), 3)
  assert len(proposal.regression_ranges) == levels


def test_ranges_leave_no_gap():
  for actions in ([0.2, 0.3], [5.0, 9.0]):  # Overlapping for actions of a step or two.
    ranges = proposals.propose(rows([100.0], actions), 2).regression_ranges
    assert ranges[0][0] == 0 and ranges[-1][1] == 10000
    assert all(low <= previous_high for (_, previous_high), (low, _) in itertools.pairwise(ranges))
    assert (ranges[1][0] == 2) == (actions[0] == 0.2)


def test_max_len_holds_recordings_or_most_of_them():
  short = proposals.propose(rows([100.0, 200.0], [5.0]), 2)
  assert short.max_len >= 200 * 7.5 - 3 and short.max_len % 16 == 0
  long = proposals.propose(rows([100.0] * 17 + [3000.0] * 3, [5.0]), 2)
  assert long.max_len < 3000 * 7.5 and long.max_len >= 747
  actions_are_long = proposals.propose(rows([500.0] * 17 + [3000.0] * 3, [5.0, 1000.0]), 2)
  assert actions_are_long.max_len >= 1.25 * 1000 * 7.5


def test_buckets_suit_the_pyramid():
  proposal = proposals.propose(rows(np.linspace(50, 2000, 40), [40.0]), 2)
  divisor = 2 ** (len(proposal.regression_ranges) - 1)
  assert all(bucket % divisor == 0 for bucket in proposal.buckets) and proposal.buckets[-1] == proposal.max_len
  assert 0 <= proposal.padding < proposal.padding_of_one < 1


@pytest.mark.parametrize("stride, num_frames, window", [(4, 16, 19), (16, 32, 9), (16, 16, 9), (25, 50, 9)])
def test_window_as_published_configurations_have_it(stride, num_frames, window):
  assert proposals.propose(rows([500.0], [5.0], stride=stride, num_frames=num_frames), 2).window == window


def test_nothing_to_go_by():
  assert proposals.propose([], 2) is None
  assert proposals.propose(rows([100.0], []), 2) is None
  assert proposals.propose(rows([100.0], [5.0], fps=None), 2) is None
