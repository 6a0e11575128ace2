"""Detections read from a file of any format.

A format is a file NAME_detections.py beside this one; see jaxvid.formats.registry.
"""

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxvid.formats import registry


@dataclasses.dataclass(frozen=True, eq=False)
class Submission:
  """N detections of a file, or of a model, as columns: recording after recording, in the file's order.

  Attributes:
    source: path of the file, or a name for the model, for messages.
    counts: recording name -> number of its detections.
    segments: (N, 2) start and end in seconds.
    scores: (N,)
    labels: key of the file -> N labels as written there. The key is "label"; in EPIC-Kitchens' format the keys are
      "verb", "noun" and "action".
  """

  source: str
  counts: Mapping[str, int]
  segments: np.ndarray
  scores: np.ndarray
  labels: Mapping[str, Sequence[Any]]

  @property
  def is_epic(self) -> bool:
    """True for EPIC-Kitchens' format, False for ActivityNet's."""
    return "label" not in self.labels

  def place(self, index: int) -> str:
    """Path of detection `index` in the file, for messages: results.video_1[3]."""
    for name, count in self.counts.items():
      if index < count:
        return f"results.{name}[{index}]"
      index -= count
    raise IndexError(index)


def read(path: str | os.PathLike) -> Submission:
  """Reads a file of detections, in any format of this folder.

  Raises:
    FormatError: the file cannot be read or has no known form; the message says where.
  """
  return registry.choose("detections", path).read(path)


def write(
  path: str | os.PathLike,
  recordings: Iterable[tuple[str, np.ndarray, np.ndarray, np.ndarray]],
  class_names: Sequence[str],
) -> None:
  """Writes detections in the format that the ending of the file names.

  Args:
    path: file to write.
    recordings: name, segments (D, 2) in seconds, scores (D,) and labels (D,), whole numbers, of each.
    class_names: label k is class_names[k]; if empty, the numbers are written.

  Raises:
    ValueError: no format has this ending.
  """
  registry.choose_writer(path).write(path, recordings, class_names)
