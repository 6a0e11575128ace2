"""The observation window of an anticipated action: which steps of a recording a model may see."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxvid import time_grid

_TOLERANCE = 1e-6  # Seconds; times come from decimal text and from quotients of frame numbers.


def observation_window(start: float, tau_a: float, tau_o: float) -> tuple[float, float]:
  """(first, last) second that may be seen of what leads up to an action.

  The window ends the anticipation time before the START of the action, not before its end.

  Args:
    start: of the action, seconds.
    tau_a: anticipation time, seconds, 0 or more.
    tau_o: length of the observation, seconds, more than 0.
  """
  if not (tau_a >= 0 and tau_o > 0):
    raise ValueError(f"tau_a {tau_a} must be 0 or more, tau_o {tau_o} more than 0 seconds")
  return start - tau_a - tau_o, start - tau_a


def step_ends(record: Mapping[str, Any]) -> np.ndarray:
  """(T,) the second at which each step of a record's features has been seen whole."""
  counts = 1 + np.arange(len(record["features"]))
  return time_grid.end_of_last_step(counts, record["fps"], record["feat_stride"], record["num_frames"])


def window_times(start: float, tau_a: float, tau_o: float, every: float) -> np.ndarray:
  """(N,) the times, `every` seconds apart, at which a window is sampled; the last is its end, N = tau_o / every."""
  _, end = observation_window(start, tau_a, tau_o)
  return end - every * np.arange(round(tau_o / every))[::-1]


def steps_at(times: np.ndarray, ends: np.ndarray) -> np.ndarray:
  """(N,) the last step that ends at or before each of the times; -1 where there is none."""
  return np.searchsorted(ends, np.asarray(times) + _TOLERANCE, side="right") - 1


def targets_at(times: np.ndarray, segments: np.ndarray, labels: np.ndarray, tau_a: float, kind: str) -> np.ndarray:
  """(N,) int32: what is to be anticipated at each of the times; -1 where nothing is.

  Args:
    times: (N,), seconds.
    segments: (M, 2) of a recording, seconds, in any order.
    labels: (M,).
    tau_a: anticipation time.
    kind: "next", the action that starts first from the time on, none of which has been seen; or "ongoing", that which
      goes on at time + tau_a, the one that started last where several do.
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
    raise ValueError(f"targets: {kind!r} is neither next nor ongoing")
  at = times + tau_a
  goes_on = (starts <= at[:, None] + _TOLERANCE) & (ends > at[:, None] + _TOLERANCE)
  last = len(labels) - 1 - np.argmax(goes_on[:, ::-1], axis=1)
  return np.where(goes_on.any(1), labels[last], -1).astype(np.int32)
