"""Recordings that are files of features and nothing else: where in time their steps lie, and a source to read them.

A dataset knows the timing of its recordings. Of a file it has to be put together from the feature contract of the
model, from what the user says, and from an annotation file that holds frame rates and durations.
"""

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid import time_grid
from jaxvid.data import feature_files
from jaxvid.data.contract import FeatureContract

# Frame rates are written with more or fewer digits: 29.97 and 30000/1001 are one, 29.97 and 30 are not.
_SAME = 1e-4

# As data_prep has them: extractors treat the end of a video differently, and containers misreport durations a little. A
# wrong fps or stride is off by far more: 25 for 30 frames a second is 17%, which shows from about 100 steps on.
_STEPS_SLACK = 16
_STEPS_TOLERANCE = 0.05


class TimingError(ValueError):
  """A timing that is not known, or contradicts the model or the features; says which field, and both values."""


@dataclasses.dataclass(frozen=True)
class Timing:
  """What is said of a recording's timing; None for what is not said.

  Attributes:
    fps: frames (or samples) a second.
    feat_stride: frames from one step to the next.
    num_frames: frames that one step sees.
    duration: of the recording, in seconds.
  """

  fps: float | None = None
  feat_stride: float | None = None
  num_frames: float | None = None
  duration: float | None = None

  def __post_init__(self):
    for name, value in dataclasses.asdict(self).items():
      if value is not None and not (math.isfinite(value) and value > 0):
        raise TimingError(f"{name}: must be a positive number; got {value}")

  def joined(self, other: "Timing", where: str) -> "Timing":
    """This timing, completed by `other`, which `where` says; both may say the same, but nothing else."""
    merged = dataclasses.asdict(self)
    for name, value in dataclasses.asdict(other).items():
      if value is None:
        continue
      if merged[name] is not None and not math.isclose(merged[name], value, rel_tol=_SAME):
        raise TimingError(f"{name}: {value:g} in {where}, but {merged[name]:g} was given; leave out the wrong one")
      merged[name] = value
    return Timing(**merged)

  def complete(self, num_steps: int, contract: FeatureContract) -> "Timing":
    """The whole timing of a recording of so many steps: with what the contract knows, and a duration.

    Without a duration the recording ends where its last step does. Where each recording has a stride of its own (the
    contract's is None) and none is given, the steps share out the duration evenly, as in ActionFormer.

    Raises:
      TimingError: something is not known, contradicts the contract, or a duration makes another number of steps.
    """
    known = {}
    for name in ("fps", "feat_stride", "num_frames"):
      given, expected = getattr(self, name), getattr(contract, name)
      if None not in (given, expected) and not math.isclose(given, expected, rel_tol=_SAME):
        raise TimingError(
          f"{name}: {given:g} given, but the model was trained on features with {expected:g}; leave {name} out, or "
          "extract the features as those of the training were"
        )
      known[name] = expected if given is None else given
    if known["fps"] is None:
      raise TimingError("fps: not known, since each recording of the training had its own; give --fps or --annotations")
    if known["feat_stride"] is None:
      if self.duration is None:
        raise TimingError("feat_stride: not known, since each recording of the training had its own; give it, "
                          "or give the duration for the steps to share out")  # fmt: skip
      known["feat_stride"] = self.duration * known["fps"] / num_steps
    if known["num_frames"] is None:
      known["num_frames"] = known["feat_stride"]

    numbers = (known["fps"], known["feat_stride"], known["num_frames"])
    end = time_grid.end_of_last_step(num_steps, *numbers)
    if self.duration is None:
      return Timing(**known, duration=end)
    expected = time_grid.expected_num_steps(self.duration, *numbers)
    if abs(num_steps - expected) > max(_STEPS_SLACK, _STEPS_TOLERANCE * expected):
      raise TimingError(
        f"duration: {self.duration:g} s at {numbers[0]:g} fps, with a step every {numbers[1]:g} frames of "
        f"{numbers[2]:g}, make {expected} steps, but there are {num_steps}, which end at {end:.1f} s; the duration or "
        "one of these numbers is wrong, or the features are of another recording"
      )
    return Timing(**known, duration=self.duration)


@dataclasses.dataclass(frozen=True)
class FeatureFile:
  """A recording in a file.

  Attributes:
    id: name of the recording.
    path: of its features.
    timing: what is said of it.
  """

  id: str
  path: str | os.PathLike
  timing: Timing = Timing()

  def annotated(self, timings: Mapping[str, Timing], where: str | os.PathLike) -> "FeatureFile":
    """This file with what the annotation file `where` says of its timing, as `read_timings` gives it."""
    if self.id not in timings:
      raise TimingError(f"{self.path}: {where} has no {self.id!r}; name the file as the recording is named there")
    try:
      return dataclasses.replace(self, timing=self.timing.joined(timings[self.id], os.fspath(where)))
    except TimingError as error:
      raise TimingError(f"{self.path}: {error}") from error


class FeatureFiles:
  """Files of features by index, as `jaxvid.data.store.Split` gives the records of a dataset; without any actions."""

  def __init__(self, recordings: Sequence[FeatureFile], contract: FeatureContract):
    self._recordings, self._contract = list(recordings), contract

  def __len__(self) -> int:
    return len(self._recordings)

  def __getitem__(self, index: int) -> dict[str, Any]:
    """Record `index`.

    Raises:
      FeatureFileError: the file cannot be used.
      TimingError: see `Timing.complete`; names the file.
    """
    recording = self._recordings[index]
    features = feature_files.load(recording.path, self._contract.dim)
    try:
      return record(recording.id, features, recording.timing, self._contract)
    except TimingError as error:
      raise TimingError(f"{recording.path}: {error}") from error


def record(name: str, features: np.ndarray, timing: Timing, contract: FeatureContract) -> dict[str, Any]:
  """A record without actions, with the fields of `jaxvid.data.sequence_records.Record`."""
  return {
    "id": name,
    "features": features.astype(np.float32) if features.dtype == np.float64 else features,
    "segments": np.zeros((0, 2)),
    "labels": np.zeros(0, np.int32),
    **dataclasses.asdict(timing.complete(len(features), contract)),
  }


def read_timings(path: str | os.PathLike) -> dict[str, Timing]:
  """Frame rates and durations by the recordings' names, from annotations in ActivityNet's container.

    {"database": {NAME: {"duration": 33.7, "fps": 30.0, ...}, ...}}

  Raises:
    TimingError: the file cannot be read or is something else; says which entry.
  """
  try:
    container = json.loads(Path(path).read_text(encoding="utf-8"))
  except (OSError, ValueError) as error:
    raise TimingError(f"{path}: not readable as JSON ({error})") from error
  database = container.get("database") if isinstance(container, Mapping) else None
  if not isinstance(database, Mapping):
    raise TimingError(f'{path}: database: missing; an annotation file is {{"database": {{NAME: {{"duration": ...}}}}}}')
  timings = {}
  for name, entry in database.items():
    numbers = {key: entry[key] for key in ("fps", "duration") if isinstance(entry, Mapping) and key in entry}
    try:
      timings[name] = Timing(**numbers)
    except (TypeError, TimingError) as error:
      raise TimingError(f"{path}: {name}: {error}") from error
  return timings
