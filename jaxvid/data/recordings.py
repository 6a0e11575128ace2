"""Feature files outside a dataset: their timing, and random access to them.

A dataset stores the timing of its recordings. That of a feature file is put together from the feature contract of the
model, the user's flags, and an annotation file with frame rates and durations.
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

# The same tolerances as in data_prep: extractors treat the end of a video differently, and containers misreport
# durations a little. A wrong fps or stride is off by far more: 25 for 30 frames a second is 17%, which shows from about
# 100 steps on.
_STEPS_SLACK = 16
_STEPS_TOLERANCE = 0.05


def complete(timing: Timing, num_steps: int, contract: FeatureContract) -> Timing:
  """Completes the timing of a recording from the feature contract.

  Without a duration the recording ends with its last step. Where each recording has a stride of its own (None in the
  contract) and none is given, the steps share the duration evenly, as in ActionFormer.

  Args:
    timing: what is known of the recording; None for what is not.
    num_steps: length of its features.
    contract: of the features that the model was trained on.

  Raises:
    TimingError: a number is unknown, contradicts the contract, or does not fit num_steps.
  """
  # Frame rate, stride and frames a step: the given numbers must be those of the contract.
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
        "feat_stride: not known, since each recording of the training had its own; give it, or the duration, which "
        "the steps then share evenly"
      )
    known["feat_stride"] = timing.duration * known["fps"] / num_steps
  if known["num_frames"] is None:
    known["num_frames"] = known["feat_stride"]

  # The duration, checked against the number of steps.
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
  """A recording whose features are a file outside a dataset.

  Attributes:
    id: name of the recording.
    path: file of its features.
    timing: what is known of its timing.
  """

  id: str
  path: str | os.PathLike
  timing: Timing = Timing()

  def with_timing(self, timings: Mapping[str, Timing], where: str | os.PathLike) -> "FeatureFile":
    """Adds the timing from an annotation file.

    Args:
      timings: name of a recording -> timing, from `read_timings`.
      where: the annotation file, for messages.

    Raises:
      TimingError: the recording is not among them, or its timing contradicts the one known so far.
    """
    if self.id not in timings:
      raise TimingError(f"{self.path}: {where} has no {self.id!r}; name the file as the recording is named there")
    try:
      return dataclasses.replace(self, timing=self.timing.merge(timings[self.id], os.fspath(where)))
    except TimingError as error:
      raise TimingError(f"{self.path}: {error}") from error


class FeatureFiles:
  """Records of feature files by index, like those of `jaxvid.data.store.Split`, but without actions."""

  def __init__(self, recordings: Sequence[FeatureFile], contract: FeatureContract) -> None:
    self._recordings, self._contract = list(recordings), contract

  def __len__(self) -> int:
    return len(self._recordings)

  def __getitem__(self, index: int) -> dict[str, Any]:
    """Reads record `index`, with the fields of `jaxvid.records.Record`.

    Raises:
      FormatError: the file cannot be read.
      TimingError: see `complete`; the message names the file.
    """
    recording = self._recordings[index]
    features = feature_files.load(recording.path, self._contract.dim)
    try:
      return record(recording.id, features, recording.timing, self._contract)
    except TimingError as error:
      raise TimingError(f"{recording.path}: {error}") from error


def record(name: str, features: np.ndarray, timing: Timing, contract: FeatureContract) -> dict[str, Any]:
  """Makes a record without actions from features (T, C), with the fields of `jaxvid.records.Record`."""
  return {
    "id": name,
    "features": features.astype(np.float32) if features.dtype == np.float64 else features,
    "segments": np.zeros((0, 2)),
    "labels": np.zeros(0, np.int32),
    **dataclasses.asdict(complete(timing, len(features), contract)),
  }


def read_timings(path: str | os.PathLike) -> dict[str, Timing]:
  """Reads frame rates and durations from an annotation file of any format: name of a recording -> Timing.

  Raises:
    FormatError: the file cannot be read or has no such format; the message names the entry.
  """
  container = annotations.read(path)
  timings = {name: container.timing(name) for name in container.entries}
  return {name: Timing(fps=timing.fps, duration=timing.duration) for name, timing in timings.items()}
