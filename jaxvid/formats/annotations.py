"""What a file of annotations says, whichever format it has, and reading it.

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
  """One action as it stands in the file; None for what it does not say."""

  label: Any = None
  label_id: Any = None
  segment: Any = None

  @property
  def name(self) -> str:
    """Name of the class: the label, or the id where there is no label."""
    return str(self.label_id if self.label is None and self.label_id is not None else self.label)

  @property
  def times(self) -> tuple[float, float]:
    """Start and end in seconds; NaN twice where the segment is not two numbers."""
    try:
      start, end = msgspec.convert(self.segment, tuple[float, float], strict=False)
    except msgspec.ValidationError:
      return math.nan, math.nan
    return start, end


class Entry(msgspec.Struct):
  """One recording as it stands in the file; None for what it does not say. Numbers are read by `Container.number`."""

  subset: Any = None
  duration: Any = None
  fps: Any = None
  feat_stride: Any = None
  num_frames: Any = None
  annotations: list[Annotation] | None = None


@dataclasses.dataclass(frozen=True)
class Container:
  """A file of annotations.

  Attributes:
    file: its path, for messages.
    entries: by the names of the recordings, in the file's order.
  """

  file: str
  entries: Mapping[str, Entry]

  def subset(self, name: str) -> str:
    """The subset of a recording, in lower case; "" where it is in none."""
    return str(self.entries[name].subset or "").strip().lower()

  def number(self, name: str, key: str) -> float | None:
    """The number `key` of a recording; None where it has none.

    Raises:
      FormatError: it is something else.
    """
    value = getattr(self.entries[name], key)
    try:
      return msgspec.convert(value, float | None, strict=False)
    except msgspec.ValidationError:
      raise FormatError(self.file, f"database.{name}.{key}", f"{value!r} is no number", "Correct it.") from None

  def timing(self, name: str) -> Timing:
    """What the file says of a recording's timing.

    Raises:
      FormatError: a number in it is none, or not positive.
    """
    numbers = {key: self.number(name, key) for key in (*_TIMES, "duration")}
    return timing_of(self.file, f"database.{name}", **numbers)

  def segments(self, name: str) -> np.ndarray:
    """(N, 2) start and end in seconds of the actions of a recording.

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
    """(recording, index in it, annotation) of all in the file."""
    for name, entry in self.entries.items():
      for index, annotation in enumerate(entry.annotations or ()):
        yield name, index, annotation

  def names_by_id(self) -> dict[Any, Mapping[str, int]]:
    """label_id -> name of the class -> how many annotations have both; None for annotations without an id.

    An id that is no integer is there as text.
    """
    counts = collections.defaultdict(collections.Counter)
    for _, _, annotation in self.annotations():
      label_id = annotation.label_id
      counts[label_id if label_id is None or isinstance(label_id, int) else str(label_id)][annotation.name] += 1
    return dict(counts)


def most_frequent(names: Mapping[str, int]) -> str:
  """The name that most annotations have; of several, the first."""
  return max(names, key=names.__getitem__)


def read(path: str | os.PathLike) -> Container:
  """Reads annotations of any format.

  Raises:
    FormatError: the file is of none, or breaks its own; says where.
  """
  return registry.choose("annotations", path).read(path)
