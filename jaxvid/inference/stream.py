"""What comes next, as a recording goes on: from features in a file or line by line, or from a video."""

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
Step = tuple[float, np.ndarray | None]  # The second at which it has been seen, its features (C,), None for a gap.


def anticipate(
  anticipator: Anticipator, steps: Iterable[Step], top: int = 5, state_file: str | os.PathLike | None = None
) -> Iterator[dict[str, Any]]:
  """One dict a step: {"time", "at", "actions": [{"label", "score"}, ...]}, times in seconds.

  "time" is what has been seen so far, "at" is tau_a later, for which the actions are anticipated, best first; of models
  with heads for verbs and nouns also "verbs" and "nouns". A gap has {"time", "gap": true} alone.

  Args:
    anticipator: see Anticipator.
    steps: `anticipator.every` seconds apart.
    top: how many classes.
    state_file: begin from this state where the file exists, and write it at the end.
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
  """The steps of a file of features, as often as the model was trained to look.

  Args:
    anticipator: its contract says what the features must be.
    path: see jaxvid.formats.feature_files; a contract.json beside it, as jaxvid.extract writes, is compared.
    timing: what the contract does not know.
    gaps: steps that are not finite are gaps; otherwise they are an error.

  Raises:
    FormatError, TimingError: the file, or its timing.
    StreamError: the features are others than those the model was trained on.
  """
  if found := FeatureContract.of_folder(Path(path).parent):
    check_contract(anticipator, found, str(path))
  array = feature_files.load(path, anticipator.contract.dim, finite=not gaps)
  record = recordings.record(Path(path).stem, array, timing or Timing(), anticipator.contract)
  steps = zip(observation.step_ends(record), array, strict=True)
  return _every(((end, x if np.isfinite(x).all() else None) for end, x in steps), anticipator.every)


def of_lines(anticipator: Anticipator, lines: Iterable[str], gaps: bool = False) -> Iterator[Step]:
  """A step a line, each `anticipator.every` seconds: a JSON list of the features, or null for a gap.

  Raises:
    StreamError: a line is neither; says which.
  """
  for number, line in enumerate(filter(str.strip, lines), start=1):
    try:
      values = json.loads(line)
      feature = None if values is None else np.asarray(values, np.float32)
    except (ValueError, TypeError) as error:
      raise StreamError(f"line {number}: no JSON list of numbers, and not null ({error}); correct it") from None
    dim = anticipator.contract.dim
    if feature is not None and feature.shape != (dim,):
      raise StreamError(f"line {number}: shape {feature.shape}, but the model takes {dim} numbers; give as many")
    if feature is not None and not np.isfinite(feature).all():
      if not gaps:
        raise StreamError(f"line {number}: not all finite; write null for a gap, or let such steps be gaps")
      feature = None
    yield number * anticipator.every, feature


def extraction(anticipator: Anticipator) -> dict[str, Any]:
  """How a FeatureExtractor has to cut a video, as far as the model knows what it was trained on."""
  contract = anticipator.contract
  known = {"clip_len": contract.num_frames, "stride": contract.feat_stride}
  layer = "pooled" if contract.extractor.endswith(" pooled") else "backbone"
  return {name: int(value) for name, value in known.items() if value is not None} | {"layer": layer}


def of_video(anticipator: Anticipator, extractor: FeatureExtractor, path: str | os.PathLike) -> Iterator[Step]:
  """The steps of a video, made by a clip network as it goes.

  Raises:
    VideoError: the video cannot be decoded.
    StreamError: the extractor's features are others than those the model was trained on.
  """
  video = Video(path)
  check_contract(anticipator, extractor.contract(video.fps), f"the extractor on {path}")
  return _every(extractor.steps(video), anticipator.every)


def check_contract(anticipator: Anticipator, found: FeatureContract, where: str) -> None:
  """StreamError unless features of this contract are those the model was trained on."""
  if differences := anticipator.contract.differences(found):
    raise StreamError(
      f"{where}: other features than the model was trained on (model against these): {'; '.join(differences)}; "
      "extract them as those of the training were"
    )


def _every(steps: Iterable[Step], every: float) -> Iterator[Step]:
  """What has been seen last, at the end of the first step and each multiple of `every` after it."""
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
