"""Anticipation over a stream, from a file of features, lines of features, or a video."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid.data import observation, recordings
from jaxvid.formats import feature_files
from jaxvid.formats.contract import FeatureContract
from jaxvid.inference.anticipator import Anticipator, StreamError
from jaxvid.inference.extractor import FeatureExtractor
from jaxvid.metrics.classification import best_classes
from jaxvid.records import Timing
from jaxvid.video.decode import Video

_TOLERANCE = 1e-6  # Seconds.
Step = tuple[float, np.ndarray | None]  # Time in seconds at which it ends; its features (C,), or None for a gap.


def anticipate(
  anticipator: Anticipator, steps: Iterable[Step], top: int = 5, state_file: str | os.PathLike | None = None
) -> Iterator[dict[str, Any]]:
  """Yields the anticipated actions at each step: {"time", "at", "actions": [{"label", "score"}, ...]}.

  "time" is the end of what has been seen, "at" the time that is anticipated, tau_a later, both in seconds. "actions"
  are the best first; models with heads for verbs and nouns add "verbs" and "nouns". A gap gives {"time", "gap": true}.

  Args:
    anticipator: an Anticipator.
    steps: `anticipator.every` seconds apart.
    top: number of classes at each step.
    state_file: a file of Anticipator.save_state; read before the first step if it exists, written after the last.

  Raises:
    StreamError: the state file or the features do not fit the model.
  """
  state, start = anticipator.init_state(), 0.0
  if state_file and os.path.exists(state_file):
    state, start = anticipator.load_state(state_file)
  time = 0.0
  for time, feature in steps:
    if feature is None:
      yield {"time": round(start + time, 3), "gap": True}
      continue
    state, found = anticipator.step(state, feature[None])
    row = {"time": round(start + time, 3), "at": round(start + time + anticipator.tau_a, 3)}
    row["actions"] = best_classes(found.action[0], anticipator.class_names, top)
    for name, probabilities in (("verbs", found.verb), ("nouns", found.noun)):
      if probabilities is not None:
        row[name] = best_classes(probabilities[0], [], top)
    yield row
  if state_file:
    anticipator.save_state(state_file, state, start + time)


def of_features(
  anticipator: Anticipator, path: str | os.PathLike, timing: Timing | None = None, gaps: bool = False
) -> Iterator[Step]:
  """Steps of a file of features, resampled to the model's `every`.

  Args:
    anticipator: the model; its contract says which features it takes.
    path: a file of features, see jaxvid.formats.feature_files. A contract.json beside it is compared.
    timing: for what the model's contract leaves open.
    gaps: treat steps that are not finite as gaps, instead of an error.

  Raises:
    FormatError, TimingError: the file cannot be used, or its timing is unknown or contradictory.
    StreamError: the features have another contract than the model.
  """
  if found := FeatureContract.of_folder(Path(path).parent):
    check_contract(anticipator, found, str(path))
  array = feature_files.load(path, anticipator.contract.dim, finite=not gaps)
  record = recordings.record(Path(path).stem, array, timing or Timing(), anticipator.contract)
  steps = zip(observation.step_ends(record), array, strict=True)
  return _resample(((end, x if np.isfinite(x).all() else None) for end, x in steps), anticipator.every)


def of_lines(anticipator: Anticipator, lines: Iterable[str], gaps: bool = False) -> Iterator[Step]:
  """Steps from lines of text, `anticipator.every` seconds apart: a JSON list of C numbers, or null for a gap.

  Args:
    anticipator: the model; its contract says how many numbers a step has.
    lines: such as sys.stdin; empty lines are skipped.
    gaps: treat steps that are not finite as gaps, instead of an error.

  Raises:
    StreamError: a line is neither; the message has its number.
  """
  dim = anticipator.contract.dim
  for number, line in enumerate(filter(str.strip, lines), start=1):
    try:
      values = json.loads(line)
      feature = None if values is None else np.asarray(values, np.float32)
    except (ValueError, TypeError):
      raise StreamError(f"line {number}: not a list of {dim} numbers such as [0.1, ...], nor null") from None
    if feature is not None and feature.shape != (dim,):
      raise StreamError(f"line {number}: shape {feature.shape}, but the model takes a list of {dim} numbers")
    if feature is not None and not np.isfinite(feature).all():
      if not gaps:
        raise StreamError(f"line {number}: NaN or infinity; write null for a gap, or give --gaps")
      feature = None
    yield number * anticipator.every, feature


def extractor_settings(anticipator: Anticipator) -> dict[str, Any]:
  """Settings of a FeatureExtractor (clip_len, stride, layer) that the model's contract knows."""
  contract = anticipator.contract
  known = {"clip_len": contract.num_frames, "stride": contract.feat_stride}
  layer = "pooled" if contract.extractor.endswith(" pooled") else "backbone"
  return {name: int(value) for name, value in known.items() if value is not None} | {"layer": layer}


def of_video(anticipator: Anticipator, extractor: FeatureExtractor, path: str | os.PathLike) -> Iterator[Step]:
  """Steps of a video, extracted while it is decoded, resampled to the model's `every`.

  Raises:
    VideoError: the video cannot be decoded.
    StreamError: the extractor's features have another contract than the model.
  """
  video = Video(path)
  check_contract(anticipator, extractor.contract(video.fps), f"the extractor on {path}")
  return _resample(extractor.steps(video), anticipator.every)


def check_contract(anticipator: Anticipator, found: FeatureContract, where: str) -> None:
  """Raises StreamError if the contract `found` differs from the model's; `where` begins the message."""
  if differences := anticipator.contract.differences(found):
    raise StreamError(
      f"{where}: other features than the model was trained on: {'; '.join(differences)} (model against these); "
      "extract them with the model's settings"
    )


def _resample(steps: Iterable[Step], every: float) -> Iterator[Step]:
  """Steps `every` seconds apart from the end of the first one, each with the features that ended last until then."""
  due, last = None, None
  for end, feature in steps:
    due = end if due is None else due
    while end > due + _TOLERANCE:
      yield due, last
      due += every
    last = feature
    if end > due - _TOLERANCE:
      yield due, last
      due += every
