"""Recordings that are files of features and nothing else: where in time their steps lie, and a source to read them.

A dataset knows the timing of its recordings. Of a file it has to be put together from the feature contract of the
model, from what the user says, and from an annotation file that holds frame rates and durations.
"""

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxvid import time_grid
from jaxvid.formats import annotations, feature_files
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import SAME_RATE, Timing, TimingError

# As data_prep has them: extractors treat the end of a video differently, and containers misreport durations a little. A
# wrong fps or stride is off by far more: 25 for 30 frames a second is 17%, which shows from about 100 steps on.
_STEPS_SLACK = 16
_STEPS_TOLERANCE = 0.05


def complete(timing: Timing, num_steps: int, contract: FeatureContract) -> Timing:
  """The whole timing of a recording of so many steps: with what the contract knows, and a duration.

  Without a duration the recording ends where its last step does. Where each recording has a stride of its own (the
  contract's is None) and none is given, the steps share out the duration evenly, as in ActionFormer.

  Raises:
    TimingError: something is not known, contradicts the contract, or a duration makes another number of steps.
  """
  known = {}
  for name in ("fps", "feat_stride", "num_frames"):
    given, expected = getattr(timing, name), getattr(contract, name)
    if None not in (given, expected) and not math.isclose(given, expected, rel_tol=SAME_RATE):
      raise TimingError(
        f"{name}: {given:g} given, but the model was trained on features with {expected:g}; leave {name} out, or "
        "extract the features as those of the training were"
      )
    known[name] = expected if given is None else given
  if known["fps"] is None:
    raise TimingError("fps: not known, since each recording of the training had its own; give --fps or --annotations")
  if known["feat_stride"] is None:
    if timing.duration is None:
      raise TimingError(
        "feat_stride: not known, since each recording of the training had its own; give it, or give the duration for "
        "the steps to share out"
      )
    known["feat_stride"] = timing.duration * known["fps"] / num_steps
  if known["num_frames"] is None:
    known["num_frames"] = known["feat_stride"]

  numbers = (known["fps"], known["feat_stride"], known["num_frames"])
  end = time_grid.end_of_last_step(num_steps, *numbers)
  if timing.duration is None:
    return Timing(**known, duration=end)
  expected = time_grid.expected_num_steps(timing.duration, *numbers)
  if abs(num_steps - expected) > max(_STEPS_SLACK, _STEPS_TOLERANCE * expected):
    raise TimingError(
      f"duration: {timing.duration:g} s at {numbers[0]:g} fps, with a step every {numbers[1]:g} frames of "
      f"{numbers[2]:g}, make {expected} steps, but there are {num_steps}, which end at {end:.1f} s; the duration or "
      "one of these numbers is wrong, or the features are of another recording"
    )
  return Timing(**known, duration=timing.duration)


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
      return dataclasses.replace(self, timing=self.timing.merge(timings[self.id], os.fspath(where)))
    except TimingError as error:
      raise TimingError(f"{self.path}: {error}") from error


class FeatureFiles:
  """Files of features by index, as `jaxvid.data.store.Split` gives the records of a dataset; without any actions."""

  def __init__(self, recordings: Sequence[FeatureFile], contract: FeatureContract) -> None:
    self._recordings, self._contract = list(recordings), contract

  def __len__(self) -> int:
    return len(self._recordings)

  def __getitem__(self, index: int) -> dict[str, Any]:
    """Record `index`.

    Raises:
      FormatError: the file cannot be used.
      TimingError: see `complete`; names the file.
    """
    recording = self._recordings[index]
    features = feature_files.load(recording.path, self._contract.dim)
    try:
      return record(recording.id, features, recording.timing, self._contract)
    except TimingError as error:
      raise TimingError(f"{recording.path}: {error}") from error


def record(name: str, features: np.ndarray, timing: Timing, contract: FeatureContract) -> dict[str, Any]:
  """A record without actions, with the fields of `jaxvid.records.Record`."""
  return {
    "id": name,
    "features": features.astype(np.float32) if features.dtype == np.float64 else features,
    "segments": np.zeros((0, 2)),
    "labels": np.zeros(0, np.int32),
    **dataclasses.asdict(complete(timing, len(features), contract)),
  }


def read_timings(path: str | os.PathLike) -> dict[str, Timing]:
  """Frame rates and durations by the recordings' names, from a file of annotations of any format.

  Raises:
    FormatError: the file cannot be read or is something else; says which entry.
  """
  container = annotations.read(path)
  timings = {name: container.timing(name) for name in container.entries}
  return {name: Timing(fps=timing.fps, duration=timing.duration) for name, timing in timings.items()}
