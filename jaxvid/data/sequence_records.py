"""Storage of the records of a dataset of feature sequences: from `Record` to stored fields and back."""

import json
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jaxvid.records import Record

_NUMBERS = ("fps", "feat_stride", "num_frames", "duration")


def tensors(metadata: dict[str, Any], dtype: DTypeLike) -> dict[str, tuple[tuple, Any]]:
  """Field -> (shape, dtype) of the fields that are stored as tensors."""
  return {
    "features": ((None, metadata["contract"]["dim"]), np.dtype(dtype)),
    "segments": ((None, 2), np.float64),
    "labels": ((None,), np.int32),
  } | dict.fromkeys(_NUMBERS, ((), np.float64))


# Fields that are stored as bytes.
TEXTS = ("id", "segment_ids")


def to_example(record: Record, dtype: DTypeLike) -> dict[str, Any]:
  """Converts a Record to the fields that are stored; `dtype` is that of the features.

  Raises:
    ValueError: segment_ids are neither empty nor one a segment.
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


def from_example(values: dict[str, Any]) -> dict[str, Any]:
  """Converts stored fields to a dict with the fields of Record."""
  # Datasets of older versions have no segment_ids.
  texts = {"id": values["id"].decode(), "segment_ids": tuple(json.loads(values.get("segment_ids", b"[]")))}
  return values | {name: float(values[name]) for name in _NUMBERS} | texts
