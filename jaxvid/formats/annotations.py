"""Annotations read from a file of any format.

A format is a file NAME_annotations.py beside this one; see jaxvid.formats.registry.
"""

import collections
import dataclasses
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np

from jaxvid.formats import registry
from jaxvid.formats.errors import FormatError, timing_of
from jaxvid.records import Timing

_TIMES = ("fps", "feat_stride", "num_frames")


class Annotation(msgspec.Struct, gc=False):
  """One action as written in the file, unchecked; None for a missing key."""

  label: Any = None
  label_id: Any = None
  segment: Any = None

  @property
  def name(self) -> str:
    """Name of the class: the label, or the id if there is no label."""
    return str(self.label_id if self.label is None and self.label_id is not None else self.label)

  @property
  def times(self) -> tuple[float, float]:
    """(start, end) in seconds; (NaN, NaN) if the segment is not two numbers."""
    try:
      start, end = msgspec.convert(self.segment, tuple[float, float], strict=False)
    except msgspec.ValidationError:
      return math.nan, math.nan
    return start, end


class Entry(msgspec.Struct):
  """One recording as written in the file, unchecked; None for a missing key. `Container.number` checks numbers."""

  subset: Any = None
  duration: Any = None
  fps: Any = None
  feat_stride: Any = None
  num_frames: Any = None
  annotations: list[Annotation] | None = None


@dataclasses.dataclass(frozen=True)
class Container:
  """The recordings of a file of annotations, with checked access.

  Attributes:
    file: path of the file, for messages.
    entries: recording name -> Entry, in the file's order.
  """

  file: str
  entries: Mapping[str, Entry]

  def subset(self, name: str) -> str:
    """The subset of a recording, in lower case; "" if it has none."""
    return str(self.entries[name].subset or "").strip().lower()

  def number(self, name: str, key: str) -> float | None:
    """The number under `key` of a recording ("fps", "duration", ...); None if missing.

    Raises:
      FormatError: the value is not a number.
    """
    value = getattr(self.entries[name], key)
    try:
      return msgspec.convert(value, float | None, strict=False)
    except msgspec.ValidationError:
      raise FormatError(self.file, f"database.{name}.{key}", f"{value!r} is not a number", "Correct it.") from None

  def timing(self, name: str) -> Timing:
    """The timing of a recording, as far as the file has it.

    Raises:
      FormatError: a value is not a number, or not positive.
    """
    numbers = {key: self.number(name, key) for key in (*_TIMES, "duration")}
    return timing_of(self.file, f"database.{name}", **numbers)

  def segments(self, name: str) -> np.ndarray:
    """Segments of the N actions of a recording, (N, 2) start and end in seconds.

    Raises:
      FormatError: a segment is not two numbers.
    """
    annotations = self.entries[name].annotations or []
    times = np.array([annotation.times for annotation in annotations], float).reshape(-1, 2)
    if np.isnan(times).any():
      index = int(np.argmax(np.isnan(times).any(axis=1)))
      segment = annotations[index].segment
      problem = f"{segment!r} is not a start and an end in seconds"
      raise FormatError(self.file, f"database.{name}.annotations[{index}].segment", problem, "Correct it.")
    return times

  def annotations(self) -> Iterable[tuple[str, int, Annotation]]:
    """Yields (recording name, index in the recording, Annotation) for every action of the file."""
    for name, entry in self.entries.items():
      for index, annotation in enumerate(entry.annotations or ()):
        yield name, index, annotation

  def names_by_id(self) -> dict[Any, Mapping[str, int]]:
    """Counts of annotations: label id -> class name -> number of annotations with both.

    The key None collects annotations without an id; an id that is not an integer becomes text.
    """
    counts = collections.defaultdict(collections.Counter)
    for _, _, annotation in self.annotations():
      label_id = annotation.label_id
      counts[label_id if label_id is None or isinstance(label_id, int) else str(label_id)][annotation.name] += 1
    return dict(counts)


def most_frequent(names: Mapping[str, int]) -> str:
  """The name with the highest count; the first of equal ones."""
  return max(names, key=names.__getitem__)


def read(path: str | os.PathLike) -> Container:
  """Reads a file of annotations, in any format of this folder.

  Raises:
    FormatError: the file cannot be read or has no known form; the message says where.
  """
  return registry.choose("annotations", path).read(path)
