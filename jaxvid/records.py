"""The records of recordings, actions, clips and their timing, for reading, writing and scoring."""

import dataclasses
import math

import numpy as np

# Relative tolerance on frame rates, which are written with more or fewer digits: 29.97 equals 30000/1001, but not 30.
SAME_RATE = 1e-4


class TimingError(ValueError):
  """A timing that is unknown, or contradicts the model or the features; names the field and both values."""


@dataclasses.dataclass(frozen=True)
class Timing:
  """The timing of a recording's steps; None for values that are unknown.

  Attributes:
    fps: frames (or samples) a second.
    feat_stride: frames from one step to the next.
    num_frames: frames that one step sees.
    duration: of the recording, in seconds.

  Raises:
    TimingError: one of them is not a positive number.
  """

  fps: float | None = None
  feat_stride: float | None = None
  num_frames: float | None = None
  duration: float | None = None

  def __post_init__(self) -> None:
    for name, value in dataclasses.asdict(self).items():
      if value is not None and not (math.isfinite(value) and value > 0):
        raise TimingError(f"{name}: must be a positive number; got {value}")

  def merge(self, other: "Timing", where: str) -> "Timing":
    """This timing with unknown values taken from `other`.

    Args:
      other: another timing of the same recording.
      where: the source of `other`, for messages.

    Raises:
      TimingError: both know a value, and they differ.
    """
    merged = dataclasses.asdict(self)
    for name, value in dataclasses.asdict(other).items():
      if value is None:
        continue
      if merged[name] is not None and not math.isclose(merged[name], value, rel_tol=SAME_RATE):
        raise TimingError(f"{name}: {value:g} in {where}, but {merged[name]:g} was given; leave out the wrong one")
      merged[name] = value
    return Timing(**merged)


@dataclasses.dataclass(frozen=True)
class Action:
  """A labelled segment, as published, not yet checked.

  Attributes:
    start, end: seconds.
    label: name of its class.
    where: its place in the annotation file, for messages: "line 17".
    bounds: allowed range of start and end, in seconds; None for the recording's own.
    id: its published name; "" if actions have none.
  """

  start: float
  end: float
  label: str
  where: str = ""
  bounds: tuple[float, float] | None = None
  id: str = ""


@dataclasses.dataclass(frozen=True)
class Recording:
  """A recording and what happens in it, as published, not yet checked.

  Attributes:
    id: its name.
    timing: as far as the source knows it; without a duration the recording is as long as its features.
    actions: those to be kept.
    source: the file of the actions, for messages.
    num_repeated, num_too_short: numbers of actions that were left out, as in the reference code.
    features: (T, C); None if not read.
    features_file: the file of the features, for messages.
  """

  id: str
  timing: Timing
  actions: list[Action]
  source: str
  num_repeated: int = 0
  num_too_short: int = 0
  features: np.ndarray | None = None
  features_file: str = ""


@dataclasses.dataclass(frozen=True)
class Record:
  """A recording as a dataset stores it.

  Attributes:
    id: name of the recording, unique in its split.
    features: (T, C) float array; step i sees frames [i * feat_stride, i * feat_stride + num_frames).
    segments: (N, 2) float64, start and end in seconds; N may be 0.
    labels: (N,) int32, indices into the dataset's class names.
    fps: frames (or samples) a second of the recording.
    feat_stride: frames from one step to the next.
    num_frames: frames that one step sees.
    duration: of the recording, in seconds.
    segment_ids: names of the segments, in their order; () if they have none.
  """

  id: str
  features: np.ndarray
  segments: np.ndarray
  labels: np.ndarray
  fps: float
  feat_stride: float
  num_frames: float
  duration: float
  segment_ids: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Clip:
  """A clip as a dataset stores it: one action, a part of a video file or all of it.

  Attributes:
    id: name of the clip, unique in its split.
    video: the bytes of a video file for jaxvid.video.decode.Video: the published file, or the clip alone, encoded as
      H.264 or as JPEG pictures.
    label: index into the dataset's class names.
    start, end: of the action in `video`, in seconds; 0 and `duration` if it is the whole video.
    group: name of the video that the clip was cut from; clips of one group may resemble each other.
    fps: frames a second of `video`, on average.
    num_frames: of `video`.
    duration: of `video`, in seconds.
  """

  id: str
  video: bytes
  label: int
  start: float
  end: float
  group: str
  fps: float
  num_frames: int
  duration: float
