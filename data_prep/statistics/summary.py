"""Statistics of a dataset of sequences: lengths, coverage, classes, and whether features fit their times."""

import collections
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxvid.data_prep.building import checks
from jaxvid.data_prep.statistics.proposals import Proposal, propose
from jaxvid.data_prep.statistics.rows import Row, Rows

_QUANTILES = {"min": 0, "5%": 0.05, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95, "max": 1}
_LISTED = 5  # Recordings listed whose numbers of steps differ most from what durations make them.
_SHORT_SHARE = 0.02  # With more actions shorter than a step, there is a hint.
_LARGE_SHARE = 0.2  # Where the median action fills more of its recording, there is a hint.
_HISTOGRAM_EDGES = (0, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, np.inf)  # Seconds.


def summarize(found: Rows, resize_to: int | None = None) -> dict:
  """All statistics, as plain values.

  Args:
    found: the recordings.
    resize_to: steps of each recording, as data.resize_to makes them; None: as they are.

  Returns:
    dict with "splits": {name: numbers}, "classes": {name: {split: annotations}}, "segment_histogram", "hints",
    "features" (None without any), "proposals" (None where the times are not known, or wrong), "problems" and "notes".
  """
  features = _features(found.rows)
  if resize_to:
    found = dataclasses.replace(found, rows=[row.resize(resize_to) for row in found.rows])
  by_split = collections.defaultdict(list)
  for row in found.rows:
    by_split[row.split].append(row)
  train = [row for row in found.rows if row.split in found.train]
  wrong = features is not None and features["problem"]
  proposal = None if wrong else propose(train, len(found.class_names), resize_to)
  return {
    "splits": {split: _split(rows) for split, rows in by_split.items()},
    "classes": _classes(by_split, found.class_names),
    "segment_histogram": _histogram(_lengths(found.rows)),
    "features": features,
    "hints": _hints(train, resize_to),
    "proposals": _proposals(proposal, found),
    "problems": found.problems,
    "notes": found.notes,
  }


def _split(rows: list[Row]) -> dict:
  covered = np.array([_seconds_covered(row) for row in rows])
  durations = np.array([row.duration for row in rows])
  steps = [row.num_steps if row.num_steps is not None else row.expected_steps for row in rows]
  known_steps = [number for number in steps if number is not None]
  rates = [row.rate for row in rows if row.rate is not None]
  lengths = _lengths(rows)
  return {
    "recordings": len(rows),
    "labelled": sum(row.num_published > 0 for row in rows),
    "segments": sum(row.num_published for row in rows),
    "segments_kept": len(lengths),
    "classes": len(set(np.concatenate([row.labels for row in rows]).tolist())),
    "hours": float(durations.sum() / 3600),
    "duration": _quantiles(durations),
    "segment_seconds": _quantiles(lengths),
    "segment_share_of_recording": _quantiles(_lengths(rows, relative=True)),
    "actions_per_recording": _quantiles([len(row.labels) for row in rows]),
    "coverage": float(covered.sum() / durations.sum()),
    "steps": _quantiles(known_steps) if len(known_steps) == len(rows) else None,
    "segment_steps": _quantiles(_lengths(rows, steps=True)) if len(rates) == len(rows) else None,
    "steps_per_second": float(np.median(rates)) if rates else None,
  }


def _lengths(rows: list[Row], steps: bool = False, relative: bool = False) -> np.ndarray:
  """(N,) lengths of all segments: in seconds, steps, or shares of their recordings."""
  parts = [np.zeros(0)]
  for row in rows:
    seconds = row.segments[:, 1] - row.segments[:, 0]
    parts.append(seconds * row.rate if steps else seconds / row.duration if relative else seconds)
  return np.concatenate(parts)


def _seconds_covered(row: Row) -> float:
  """Seconds of the recording that are inside an action."""
  total, end = 0.0, 0.0
  for start, stop in sorted(np.clip(row.segments, 0, row.duration).tolist()):
    total += max(stop - max(start, end), 0.0)
    end = max(end, stop)
  return total


def _quantiles(values: Sequence[float] | np.ndarray) -> dict[str, float] | None:
  if not len(values):
    return None
  found = {name: float(np.quantile(values, share)) for name, share in _QUANTILES.items()}
  return found | {"mean": float(np.mean(values))}


def _classes(by_split: dict[str, list[Row]], class_names: list[str]) -> dict[str, dict[str, int]]:
  """dict of class -> dict of split -> annotations, the most frequent first."""
  counts = {
    split: np.bincount(np.concatenate([row.labels for row in rows]), minlength=len(class_names))
    for split, rows in by_split.items()
  }
  order = np.argsort(-sum(counts.values()), kind="stable")
  return {class_names[label]: {split: int(count[label]) for split, count in counts.items()} for label in order}


def _histogram(lengths: np.ndarray) -> list[dict[str, Any]]:
  counts, _ = np.histogram(lengths, _HISTOGRAM_EDGES)
  return [
    {"from": low, "to": high if np.isfinite(high) else None, "segments": int(count)}
    for low, high, count in zip(_HISTOGRAM_EDGES, _HISTOGRAM_EDGES[1:], counts)
  ]


def _features(rows: list[Row]) -> dict[str, Any] | None:
  """How the numbers of steps fit the durations; None without features or timing."""
  known = [
    (row, checks.Steps(row.num_steps, row.expected_steps, row.rate))
    for row in rows
    if row.num_steps is not None and row.expected_steps is not None and row.rate is not None
  ]
  if not known:
    return None
  beyond = [(row, steps) for row, steps in known if abs(steps.number - steps.expected) > _tolerance(steps)]
  worst = sorted(beyond, key=lambda pair: abs(pair[1].number / pair[1].expected - 1), reverse=True)
  return {
    "steps_to_expected": _quantiles([steps.number / steps.expected for _, steps in known]),
    "problem": checks.timing_problem([steps for _, steps in known]),
    "beyond_tolerance": len(beyond),
    "worst": [
      {"id": row.id, "steps": steps.number, "expected": steps.expected, "duration": row.duration}
      for row, steps in worst[:_LISTED]
    ],
  }


def _tolerance(steps: checks.Steps) -> float:
  return max(checks.STEPS_SLACK, checks.STEPS_TOLERANCE * steps.expected)


def _hints(rows: list[Row], resize_to: int | None) -> list[str]:
  """Hints that follow from the lengths of the actions, a line each."""
  hints = []
  if all(row.rate is not None for row in rows):
    short = float(np.mean(_lengths(rows, steps=True) < 1)) if len(_lengths(rows)) else 0.0
    if short > _SHORT_SHARE:
      hints.append(f"{short:.1%} of the actions are shorter than a step: a smaller feat_stride would show them")
  relative = _lengths(rows, relative=True)
  if len(relative) and np.median(relative) > _LARGE_SHARE and resize_to is None:
    hints.append(
      f"the median action fills {np.median(relative):.0%} of its recording: --resize_to=192 shows what suits sequences "
      "of one length, as ActionFormer makes them for ActivityNet"
    )
  return hints


def _proposals(proposal: Proposal | None, found: Rows) -> dict[str, Any] | None:
  if proposal is None:
    return None
  return {
    "from_splits": found.train,
    "task": {"num_classes": proposal.num_classes, "regression_ranges": proposal.regression_ranges},
    "data": {"resize_to": proposal.resize_to, "max_len": proposal.max_len, "buckets": proposal.buckets},
    "backbone": {"window": proposal.window, "depths": proposal.depths},
    "levels": len(proposal.regression_ranges),
    "level_shares": proposal.level_shares,
    "padding": proposal.padding,
    "padding_of_one_bucket": proposal.padding_of_one,
    "reasons": proposal.reasons,
    "config": proposal.as_config(),
    "flags": proposal.as_flags(),
  }
