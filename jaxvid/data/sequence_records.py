"""The records of datasets of feature sequences, and how they are laid out on disk."""

import dataclasses

import numpy as np

_NUMBERS = ("fps", "feat_stride", "num_frames", "duration")


@dataclasses.dataclass(frozen=True)
class Record:
  """One recording.

  Attributes:
    id: name of the recording, unique in its split.
    features: (T, C) float array; step i sees frames [i * feat_stride, i * feat_stride + num_frames).
    segments: (N, 2) float64, start and end in seconds; N may be 0.
    labels: (N,) int32, indices into the dataset's class names.
    fps: frames (or samples) a second of the recording.
    feat_stride: frames from one step to the next.
    num_frames: frames that one step sees.
    duration: of the recording, in seconds.
  """

  id: str
  features: np.ndarray
  segments: np.ndarray
  labels: np.ndarray
  fps: float
  feat_stride: float
  num_frames: float
  duration: float


def tensors(metadata, dtype):
  """dict of field -> (shape, type) of what is stored as a tensor."""
  return {
    "features": ((None, metadata["contract"]["dim"]), np.dtype(dtype)),
    "segments": ((None, 2), np.float64),
    "labels": ((None,), np.int32),
  } | dict.fromkeys(_NUMBERS, ((), np.float64))


# Fields that are stored as bytes.
TEXTS = ("id",)


def to_example(record, dtype):
  """The fields of a Record as they are stored."""
  return {
    "id": record.id,
    "features": np.asarray(record.features, dtype),
    "segments": np.asarray(record.segments, np.float64).reshape(-1, 2),
    "labels": np.asarray(record.labels, np.int32).reshape(-1),
  } | {name: np.float64(getattr(record, name)) for name in _NUMBERS}


def from_example(values):
  """A dict with the fields of Record, from what is stored."""
  return values | {name: float(values[name]) for name in _NUMBERS} | {"id": values["id"].decode()}
