"""The numbers of statistics/summary.py as text for a terminal, and as histograms."""

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from jaxvid.data_prep.statistics.rows import Rows

_WIDTH = 120
_BAR = 50
_LISTED = 12  # Classes, problems.
_COLUMNS = ("min", "5%", "25%", "median", "75%", "95%", "max", "mean")


def text(numbers: dict) -> str:
  """The numbers of `summary.summarize` as text."""
  lines = [f"Dataset {numbers['dataset']}", "", *_splits(numbers["splits"]), ""]
  for split, found in numbers["splits"].items():
    lines += [*_quantiles(split, found), ""]
  lines += [*_histogram(numbers["segment_histogram"]), "", *_classes(numbers["classes"]), ""]
  lines += [*_features(numbers["features"]), *_remarks(numbers)]
  lines += ["", *_proposals(numbers["proposals"], numbers["features"])]
  return "\n".join(line.rstrip() for line in lines)


def _splits(splits: dict[str, Any]) -> Iterator[str]:
  columns = (("recordings", 12), ("labelled", 10), ("segments", 10), ("kept", 8), ("classes", 9), ("hours", 9))
  yield f"{'split':16}" + "".join(f"{name:>{width}}" for name, width in columns) + f"{'covered':>9}"
  for split, found in splits.items():
    yield (
      f"{split:16}{found['recordings']:12,}{found['labelled']:10,}{found['segments']:10,}{found['segments_kept']:8,}"
      f"{found['classes']:9,}{found['hours']:9,.1f}{found['coverage']:9.1%}"
    )


def _quantiles(split: str, found: dict[str, Any]) -> Iterator[str]:
  rows = {
    "recording, s": found["duration"],
    "recording, steps": found["steps"],
    "action, s": found["segment_seconds"],
    "action, steps": found["segment_steps"],
    "action / recording": found["segment_share_of_recording"],
    "actions a recording": found["actions_per_recording"],
  }
  rate = found["steps_per_second"]
  yield f"{split:24}" + "".join(f"{name:>10}" for name in _COLUMNS) + (f"  {rate:.4g} steps/s" if rate else "")
  for name, values in rows.items():
    if values:
      yield f"  {name:22}" + "".join(f"{values[column]:10,.4g}" for column in _COLUMNS)


def _histogram(bins: list[dict[str, Any]]) -> Iterator[str]:
  most = max((row["segments"] for row in bins), default=0) or 1
  yield "Lengths of actions, s"
  for row in bins:
    if row["segments"]:
      label = f"{row['from']:g} to {row['to']:g}" if row["to"] is not None else f"over {row['from']:g}"
      yield f"  {label:>12} {row['segments']:8,} {'#' * max(round(_BAR * row['segments'] / most), 1)}"


def _classes(classes: dict[str, dict[str, int]]) -> Iterator[str]:
  totals = {name: sum(counts.values()) for name, counts in classes.items()}
  absent = [name for name, total in totals.items() if not total]
  named = [f"{name} {total:,}" for name, total in totals.items() if total]
  if len(named) > 2 * _LISTED:
    named = [*named[:_LISTED], "...", *named[-_LISTED:]]
  yield from _wrap(f"{len(classes)} classes: " + ", ".join(named), indent="  ")
  if absent:
    listed = ", ".join(absent[:_LISTED]) + (", ..." if len(absent) > _LISTED else "")
    yield from _wrap(f"{len(absent)} of them without an annotation: {listed}", indent="  ")


def _features(features: dict[str, Any] | None) -> list[str]:
  if features is None:
    return ["Features: not looked at."]
  ratio = features["steps_to_expected"]
  lines = [
    f"Features: {ratio['median']:.2%} of the steps that the durations make (median; {ratio['min']:.2%} to "
    f"{ratio['max']:.2%}); {features['beyond_tolerance']} recordings beyond the tolerance"
  ]
  lines += [
    f"  {row['id']}: {row['steps']} steps, but {row['duration']:g} s make {row['expected']}"
    for row in features["worst"]
  ]
  if features["problem"]:
    bar = "!" * _WIDTH
    lines += [bar, *_wrap(f"WRONG TIMES: {features['problem']}. Check fps, feat_stride and num_frames."), bar]
  return lines


def _remarks(numbers: dict[str, Any]) -> Iterator[str]:
  problems = numbers["problems"]
  yield from (line for note in numbers["notes"] for line in _wrap(f"Note: {note}", indent="  "))
  yield from (line for hint in numbers["hints"] for line in _wrap(f"Hint: {hint}", indent="  "))
  if problems:
    yield f"{len(problems)} bad recordings or annotations:"
    yield from (f"  {problem}" for problem in problems[:_LISTED])
    if len(problems) > _LISTED:
      yield f"  ... and {len(problems) - _LISTED} more"


def _proposals(found: dict[str, Any] | None, features: dict[str, Any] | None) -> list[str]:
  if found is None and features is not None and features["problem"]:
    return ["No proposals: they would rest on wrong times."]
  if found is None:
    return ["No proposals: fps, feat_stride and num_frames are not known. Give them as flags."]
  reasons = found["reasons"]
  lines = [f"Proposals, from {'+'.join(found['from_splits'])}: where to start, not what is best"]
  for name, reason in reasons.items():
    value = {**found["data"], **found["backbone"], **found["task"]}.get(name)
    lines += _wrap(f"{name}: {reason}" if value is None else f"{name}={value}: {reason}", indent="    ", first="  ")
  shares = ", ".join(f"{level}: {share:.1%}" for level, share in enumerate(found["level_shares"]))
  lines += [*_wrap(f"actions by level: {shares}", indent="    ", first="  "), "", "In a configuration:"]
  lines += [f"  {line}" for line in found["config"]]
  return [*lines, "or as flags:", *(f"  {line}" for line in found["flags"])]


def _wrap(line: str, indent: str = "", first: str = "") -> list[str]:
  return textwrap.wrap(line, _WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)


def draw(path: str, found: Rows) -> None:
  """Draws histograms of durations, lengths of actions and actions per recording into a .png or .pdf file."""
  from jaxvid.viz import figure as fig  # Here, not above: matplotlib is slow to import.

  values = {
    "duration of a recording, s": np.array([row.duration for row in found.rows]),
    "length of an action, s": np.concatenate([np.diff(row.segments, axis=1)[:, 0] for row in found.rows]),
    "actions a recording": np.array([len(row.labels) for row in found.rows if len(row.labels)], float),
  }
  figure = fig.Figure(figsize=(12, 3.2), layout="constrained")
  for axes, (label, numbers) in zip(figure.subplots(1, 3), values.items()):
    if len(numbers):
      low, high = max(float(numbers.min()), 1e-2), float(numbers.max())
      logarithmic = high > 20 * low
      axes.hist(numbers, np.geomspace(low, high, 40) if logarithmic else np.linspace(0, max(1.05 * high, 1), 40))
      axes.set_xscale("log" if logarithmic else "linear")
    axes.set(xlabel=label)
  figure.supylabel("number")
  fig.save(figure, path)
