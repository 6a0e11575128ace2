"""Observation windows: the steps of a recording that a model may see before it anticipates an action."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxvid import time_grid

_TOLERANCE = 1e-6  # Seconds; times come from decimal text and from quotients of frame numbers.


def observation_window(start: float, tau_a: float, tau_o: float) -> tuple[float, float]:
  """(start, end) in seconds of the observation window of an action.

  The window ends the anticipation time before the START of the action, not before its end.

  Args:
    start: when the action starts, seconds.
    tau_a: anticipation time, seconds, 0 or more.
    tau_o: length of the window, seconds, more than 0.

  Raises:
    ValueError: tau_a or tau_o is out of range.
  """
  if not (tau_a >= 0 and tau_o > 0):
    raise ValueError(f"tau_a {tau_a} must be 0 or more, tau_o {tau_o} more than 0 seconds")
  return start - tau_a - tau_o, start - tau_a


def step_ends(record: Mapping[str, Any]) -> np.ndarray:
  """Time (T,), in seconds, at which the last frame of each step of the features ends."""
  counts = 1 + np.arange(len(record["features"]))
  return time_grid.end_of_last_step(counts, record["fps"], record["feat_stride"], record["num_frames"])


def window_times(start: float, tau_a: float, tau_o: float, every: float) -> np.ndarray:
  """Times (N,) at which a window is sampled, `every` seconds apart; the last is its end, N = tau_o / every."""
  _, end = observation_window(start, tau_a, tau_o)
  return end - every * np.arange(round(tau_o / every))[::-1]


def steps_at(times: np.ndarray, ends: np.ndarray) -> np.ndarray:
  """Index (N,) of the last step that ends at or before each of the times (N,); -1 where there is none.

  Args:
    times: (N,) seconds.
    ends: (T,) seconds, of `step_ends`.
  """
  return np.searchsorted(ends, np.asarray(times) + _TOLERANCE, side="right") - 1


def targets_at(times: np.ndarray, segments: np.ndarray, labels: np.ndarray, tau_a: float, kind: str) -> np.ndarray:
  """Labels (N,) int32 of the action to anticipate at each of the times; -1 where there is none.

  Args:
    times: (N,), seconds.
    segments: (M, 2) of the recording's actions, seconds, in any order.
    labels: (M,).
    tau_a: anticipation time, seconds.
    kind: "next": the first action that starts at the time or later, so that nothing of it has been seen; "ongoing":
      the action that goes on at time + tau_a; of several, the one that started last.

  Raises:
    ValueError: `kind` is another word.
  """
  if not len(labels):
    return np.full(len(times), -1, np.int32)
  order = np.argsort(segments[:, 0], kind="stable")
  starts, ends, labels = segments[order, 0], segments[order, 1], np.asarray(labels)[order]
  times = np.asarray(times)
  if kind == "next":
    found = np.searchsorted(starts, times - _TOLERANCE, side="left")
    return np.where(found < len(labels), labels[np.minimum(found, len(labels) - 1)], -1).astype(np.int32)
  if kind != "ongoing":
    raise ValueError(f"targets: {kind!r}; give next or ongoing")
  at = times + tau_a
  goes_on = (starts <= at[:, None] + _TOLERANCE) & (ends > at[:, None] + _TOLERANCE)
  last = len(labels) - 1 - np.argmax(goes_on[:, ::-1], axis=1)
  return np.where(goes_on.any(1), labels[last], -1).astype(np.int32)
