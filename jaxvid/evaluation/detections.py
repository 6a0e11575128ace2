"""The detections of one recording, as arrays."""

from typing import Any, NamedTuple

import numpy as np


class Detections(NamedTuple):
  """D detections, best first.

  Attributes:
    segments: (D, 2) start and end in seconds, float32.
    scores: (D,) float32.
    labels: (D,) class indices.
  """

  segments: np.ndarray
  scores: np.ndarray
  labels: np.ndarray

  def top(self, count: int | None) -> "Detections":
    """The best so many; all of them for None."""
    return Detections(*(column[:count] for column in self))


def valid(candidates: Any) -> Detections:
  """The valid ones of a recording's candidates, as a task of localization predicts them: jaxvid.ops.decode.Candidates
  of NumPy arrays without the batch axis."""
  return Detections(*(getattr(candidates, name)[candidates.valid] for name in Detections._fields))
