"""The detections of one recording, as arrays."""

from typing import Any, NamedTuple

import numpy as np


class Detections(NamedTuple):
  """D detections of a recording, best score first.

  Attributes:
    segments: (D, 2) start and end in seconds, float32.
    scores: (D,) float32.
    labels: (D,) class indices.
  """

  segments: np.ndarray
  scores: np.ndarray
  labels: np.ndarray

  def top(self, count: int | None) -> "Detections":
    """The best `count` detections; all of them for None."""
    return Detections(*(column[:count] for column in self))


def valid(candidates: Any) -> Detections:
  """Selects the valid detections of a recording.

  Args:
    candidates: jaxvid.ops.decode.Candidates of NumPy arrays, without the batch axis.
  """
  return Detections(*(getattr(candidates, name)[candidates.valid] for name in Detections._fields))
