"""FineGym's lists of elements and its annotations.

gym99_train_element_v1.1.txt   ID LABEL a line, where the ID VIDEO_E_002184_002237_A_0035_0036 says in whole seconds
                               when the event lies in the video and the action in the event
gym99_categories.txt           Clabel: 0; set: 1; Glabel: 1; NAME
finegym_annotation_info.json   {VIDEO: {"E_...": {"timestamps": [[start, end]],
                                                  "segments": {"A_...": {"timestamps": [[start, end], ...]}}}}}
"""

import collections
import dataclasses
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from jaxvid.formats import class_names, json_files
from jaxvid.formats.errors import FormatError

# YouTube's names have eleven characters.
_ELEMENT = re.compile(r"(?P<video>.{11})_(?P<event>E_(\d{6})_(\d{6}))_(?P<action>A_(\d{4})_(\d{4}))")
_CATEGORY = re.compile(r"Clabel:\s*(\d+);\s*set:\s*\d+;\s*Glabel:\s*(\d+);\s*(.+)")
_REMEDY = "Take the file as published."


@dataclasses.dataclass(frozen=True)
class Element:
  """A line of a list.

  Attributes:
    id: the whole id.
    video, event, action: its parts, such as "E_002184_002237" for the event.
    label: index of its class.
    line: of the list, from 1 on, without empty lines.
    start, end: seconds of the video that the id may mean, whose seconds are rounded down.
  """

  id: str
  video: str
  event: str
  action: str
  label: int
  line: int
  start: float
  end: float


class _Timed(msgspec.Struct):
  timestamps: list[list[float]]
  segments: dict[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Annotations:
  """The annotated times of all elements.

  Attributes:
    file: their path, for messages.
    videos: dict of video -> dict of event -> its times and actions, as they stand in the file: what is bad in one shows
      when its times are asked for.
  """

  file: str
  videos: Mapping[str, Any]

  def times(self, element: Element) -> tuple[float, float]:
    """Start and end of an element, in seconds of its video; its own count from the start of the event.

    Raises:
      FormatError: the file does not have them, or they are reversed or empty.
    """
    try:
      event = msgspec.convert(self.videos[element.video][element.event], _Timed, strict=False)
      action = msgspec.convert((event.segments or {})[element.action], _Timed, strict=False)
      offset = event.timestamps[0][0]
      stamps = [stamp for part in action.timestamps for stamp in part]
      start, end = offset + min(stamps), offset + max(stamps)
    except (KeyError, TypeError, ValueError, IndexError) as error:
      remedy = "Take the annotations of the same version as the list, or leave them out."
      raise FormatError(self.file, element.id, f"has no times of it ({error!r})", remedy) from error
    if not (math.isfinite(start) and start < end):
      raise FormatError(self.file, element.id, f"{start:g} to {end:g} s is reversed or empty", "Correct it.")
    return start, end


def categories(file: str | os.PathLike, num_classes: int) -> list[str]:
  """Names of the classes in the order of their labels; two of the same name are told apart by their Glabel.

  Raises:
    FormatError: a line is of another form, or the labels are not 0 to num_classes - 1.
  """
  lines = class_names.lines(file)
  matches = [match for match in map(_CATEGORY.fullmatch, lines) if match]
  if len(matches) < len(lines) or [int(match[1]) for match in matches] != list(range(num_classes)):
    problem = f"not {num_classes} lines of Clabel: 0; set: 1; Glabel: 1; NAME, numbered from 0 on"
    raise FormatError(file, "categories", problem, _REMEDY)
  counts = collections.Counter(match[3].strip() for match in matches)
  return [match[3].strip() + (f" [Glabel {match[2]}]" if counts[match[3].strip()] > 1 else "") for match in matches]


def elements(file: str | os.PathLike, num_classes: int) -> list[Element]:
  """The elements of a list.

  Raises:
    FormatError: a line is no id with a label under num_classes; says which.
  """
  found = []
  for number, line in enumerate(class_names.lines(file), start=1):
    name, _, label = line.rpartition(" ")
    match = _ELEMENT.fullmatch(name)
    if not match or not label.isdigit() or int(label) >= num_classes:
      place = f"{Path(file).name}: line {number}"
      raise FormatError(file, place, f"{line!r} is not VIDEO_E_s_e_A_s_e LABEL", _REMEDY)
    event, first, last = int(match[3]), int(match[6]), int(match[7])
    times = float(event + first), float(event + last + 1)
    parts = match["video"], match["event"], match["action"]
    found.append(Element(name, *parts, int(label), number, *times))
  return found


def annotations(file: str | os.PathLike) -> Annotations:
  """Reads the annotated times.

  Raises:
    FormatError: the file is of another form; says where.
  """
  form = '{VIDEO: {"E_...": {"timestamps": [[start, end]], "segments": {"A_...": {"timestamps": [...]}}}}}'
  return Annotations(str(file), json_files.read(file, dict[str, Any], form, _REMEDY))
