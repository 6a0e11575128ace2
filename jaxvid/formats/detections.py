"""What a file of detections says, whichever format it has, and reading it.

A format is a file NAME_detections.py beside this one; see jaxvid.formats.registry.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxvid.formats import registry


@dataclasses.dataclass(frozen=True, eq=False)
class Submission:
  """The N detections of a file, or of a model, as columns: recording after recording, in the file's order.

  Attributes:
    source: where they are from, for messages.
    counts: recording -> how many detections it has.
    segments: (N, 2) start and end in seconds.
    scores: (N,)
    labels: N labels as they stand in the file, under "label"; in EPIC's format under "verb", "noun" and "action".
  """

  source: str
  counts: Mapping[str, int]
  segments: np.ndarray
  scores: np.ndarray
  labels: Mapping[str, Sequence[Any]]

  @property
  def is_epic(self) -> bool:
    """Whether the detections are of EPIC's format."""
    return "label" not in self.labels

  def place(self, index: int) -> str:
    """Where detection `index` stands, for messages: results.video_1[3]."""
    for name, count in self.counts.items():
      if index < count:
        return f"results.{name}[{index}]"
      index -= count
    raise IndexError(index)


def read(path: str | os.PathLike) -> Submission:
  """Reads detections of any format.

  Raises:
    FormatError: the file is of none, or breaks its own; says where.
  """
  return registry.choose("detections", path).read(path)
