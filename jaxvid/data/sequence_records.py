"""The records of datasets of feature sequences, and how they are laid out on disk."""

import dataclasses
import json

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
    segment_ids: names of the segments, one each and in their order; () where they have none.
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


def tensors(metadata, dtype):
  """dict of field -> (shape, type) of what is stored as a tensor."""
  return {
    "features": ((None, metadata["contract"]["dim"]), np.dtype(dtype)),
    "segments": ((None, 2), np.float64),
    "labels": ((None,), np.int32),
  } | dict.fromkeys(_NUMBERS, ((), np.float64))


# Fields that are stored as bytes.
TEXTS = ("id", "segment_ids")


def to_example(record, dtype):
  """The fields of a Record as they are stored.

  Raises:
    ValueError: there are names of segments, and not one a segment.
  """
  if record.segment_ids and len(record.segment_ids) != len(record.segments):
    counts = f"{len(record.segment_ids)} for {len(record.segments)} segments"
    raise ValueError(f"recording {record.id!r}: segment_ids: {counts}; give one a segment, or none")
  return {
    "id": record.id,
    "segment_ids": json.dumps(record.segment_ids),
    "features": np.asarray(record.features, dtype),
    "segments": np.asarray(record.segments, np.float64).reshape(-1, 2),
    "labels": np.asarray(record.labels, np.int32).reshape(-1),
  } | {name: np.float64(getattr(record, name)) for name in _NUMBERS}


def from_example(values):
  """A dict with the fields of Record, from what is stored."""
  # Datasets written before segments had names lack them.
  texts = {"id": values["id"].decode(), "segment_ids": tuple(json.loads(values.get("segment_ids", b"[]")))}
  return values | {name: float(values[name]) for name in _NUMBERS} | texts
