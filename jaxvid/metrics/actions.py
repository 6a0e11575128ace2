"""Annotated and detected actions of a split, as columns."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class GroundTruth:
  """The annotated actions of a split, one a row.

  Attributes:
    video: (N,) id of the recording, strings or integers.
    segments: (N, 2) start and end in seconds.
    labels: (N,) integer class ids.
  """

  video: np.ndarray
  segments: np.ndarray
  labels: np.ndarray

  def __post_init__(self) -> None:
    _normalise(self)


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
  """The detected actions of a split, one a row in any order; fields as in `GroundTruth`, and scores (N,)."""

  video: np.ndarray
  segments: np.ndarray
  labels: np.ndarray
  scores: np.ndarray

  def __post_init__(self) -> None:
    _normalise(self)


def take(rows, which: np.ndarray):
  """Selects rows of a GroundTruth or Predictions by indices or by a mask, `which`."""
  return type(rows)(**{field.name: getattr(rows, field.name)[which] for field in dataclasses.fields(rows)})


def _normalise(rows: GroundTruth | Predictions) -> None:
  """Converts the fields, in place, to arrays; raises ValueError for a wrong shape or a NaN."""
  num_rows = len(rows.labels)
  for field in dataclasses.fields(rows):
    value = np.asarray(getattr(rows, field.name))
    if field.name in ("segments", "scores"):
      value = value.astype(np.float64)
    if field.name == "segments" and not num_rows:
      value = value.reshape(0, 2)
    expected = (num_rows, 2) if field.name == "segments" else (num_rows,)
    if value.shape != expected:
      raise ValueError(f"{field.name} has shape {value.shape}, expected {expected} as labels has {num_rows} rows")
    if value.dtype.kind == "f" and field.name != "video" and np.isnan(value).any():
      raise ValueError(f"{field.name} holds NaN")
    object.__setattr__(rows, field.name, value)
