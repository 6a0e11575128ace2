"""The observation window: it ends before the start of the action, and nothing later is seen."""

import numpy as np
import pytest

from jaxvid.data import observation


def test_the_window_ends_before_the_start():
  assert observation.observation_window(10.0, 1.0, 4.0) == (5.0, 9.0)
  assert observation.observation_window(10.0, 0.0, 4.0) == (6.0, 10.0)


@pytest.mark.parametrize("tau_a, tau_o", [(-1, 4), (1, 0), (float("nan"), 4)])
def test_wrong_times(tau_a, tau_o):
  with pytest.raises(ValueError, match="tau_a"):
    observation.observation_window(10.0, tau_a, tau_o)


def test_times_of_the_steps():
  assert observation.window_times(10.0, 1.0, 2.0, 0.5).tolist() == [7.5, 8.0, 8.5, 9.0]
  assert observation.window_times(0.5, 1.0, 1.0, 1.0).tolist() == [-0.5]


def test_a_step_has_been_seen_when_its_last_frame_has():
  record = dict(features=np.zeros((3, 2)), fps=10.0, feat_stride=5.0, num_frames=20.0)
  assert observation.step_ends(record).tolist() == [2.0, 2.5, 3.0]


def test_no_step_ends_after_the_time_at_which_it_is_seen(rng):
  ends = np.cumsum(rng.uniform(0.1, 1.0, size=30))
  times = rng.uniform(-1, ends[-1] + 2, size=200)
  for time, step in zip(times, observation.steps_at(times, ends)):
    assert step == max((i for i, end in enumerate(ends) if end <= time), default=-1)
  # Times that are sums and quotients of decimals hit the border all the same.
  assert observation.steps_at([0.1 + 0.2], np.array([0.3, 0.4]))[0] == 0
  assert observation.steps_at([0.3], np.array([0.1 + 0.2, 0.4]))[0] == 0


SEGMENTS, LABELS = np.array([[4.0, 6.0], [1.0, 3.0], [2.0, 2.5]]), np.array([7, 5, 6])


@pytest.mark.parametrize(
  "time, upcoming, ongoing",
  [
    (0.0, 5, 5),  # In a second, 5 has just begun.
    (0.9, 5, 5),
    (1.0, 5, 6),  # 5 begins now: nothing of it has been seen. In a second 5 and 6 go on, and 6 started later.
    (1.2, 6, 6),
    (1.6, 6, 5),  # 6 is over.
    (2.0, 6, -1),  # 5 ends at 3, sharp.
    (2.1, 7, -1),
    (4.0, 7, 7),
    (4.1, -1, 7),
    (9.0, -1, -1),
  ],
)
def test_targets(time, upcoming, ongoing):
  found = [observation.targets_at([time], SEGMENTS, LABELS, 1.0, kind)[0] for kind in ("next", "ongoing")]
  assert found == [upcoming, ongoing]


def test_no_targets_without_actions_and_no_other_kinds():
  assert observation.targets_at([1.0], np.zeros((0, 2)), [], 1.0, "next").tolist() == [-1]
  with pytest.raises(ValueError, match="'last'; give next or ongoing"):
    observation.targets_at([1.0], SEGMENTS, LABELS, 1.0, "last")
