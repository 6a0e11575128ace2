"""Reads FineGym's lists of elements, and the times in their names or in its annotations."""

import argparse
import collections
import math
import re
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan
from jaxvid.formats import json_files

NUM_CLASSES = {"gym99": 99, "gym288": 288}
LISTS = ("v1.0", "v1.1")

# YouTube's names have eleven characters.
_ELEMENT = re.compile(r"(?P<video>.{11})_(?P<event>E_(\d{6})_(\d{6}))_(?P<action>A_(\d{4})_(\d{4}))")
_CATEGORY = re.compile(r"Clabel:\s*(\d+);\s*set:\s*\d+;\s*Glabel:\s*(\d+);\s*(.+)")


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The elements in the lists of a configuration; `flags` has lists, videos and annotations."""
  names = read_categories(clip_sources.file_beside(source, f"{config}_categories.txt"), NUM_CLASSES[config])
  videos = clip_sources.video_files(flags.videos or source)
  times = _annotated(flags.annotations) if flags.annotations else None
  items, bad = [], []
  for split, file in {"train": f"{config}_train_element_{flags.lists}.txt", "val": f"{config}_val_element.txt"}.items():
    path = clip_sources.file_beside(source, file)
    for element, label, where in read_elements(path, len(names)):
      try:
        items.append(_item(element, label, where, split, videos, times, flags.annotations))
      except BadInput as error:
        bad.append(error)
  description = f"FineGym, {config}: elements of gymnastics; training list {flags.lists}."
  notes = [f"training list {flags.lists}", f"times of {'annotations' if times else 'the ids, whole seconds'}"]
  return ClipPlan(items, names, description, bad=bad, notes=notes)


def read_categories(file: str | Path, num_classes: int) -> list[str]:
  """The names of the classes, in the order of their labels; two of the same name are told apart by their Glabel."""
  lines = clip_sources.read_lines(file)
  matches = [match for match in map(_CATEGORY.fullmatch, lines) if match]
  if len(matches) < len(lines) or [int(match[1]) for match in matches] != list(range(num_classes)):
    problem = f"not {num_classes} lines of Clabel: 0; set: 1; Glabel: 1; NAME, numbered from 0 on"
    raise BadInput(file, "categories", problem, "Take the file as published.")
  counts = collections.Counter(match[3].strip() for match in matches)
  return [match[3].strip() + (f" [Glabel {match[2]}]" if counts[match[3].strip()] > 1 else "") for match in matches]


def read_elements(file: str | Path, num_classes: int) -> list[tuple[re.Match, int, str]]:
  """(match of the element's id, label, place in the file) of a published list."""
  found = []
  for number, line in enumerate(clip_sources.read_lines(file), 1):
    name, _, label = line.rpartition(" ")
    match = _ELEMENT.fullmatch(name)
    where = f"{Path(file).name}: line {number}"
    if not match or not label.isdigit() or int(label) >= num_classes:
      raise BadInput(file, where, f"{line!r} is not VIDEO_E_s_e_A_s_e LABEL", "Take the file as published.")
    found.append((match, int(label), where))
  return found


def _item(
  element: re.Match,
  label: int,
  where: str,
  split: str,
  videos: dict[str, Path],
  times: dict[str, Any] | None,
  annotations: str | None,
) -> ClipItem:
  name = element[0]
  values = dict(id=name, split=split, label=label, group=element["video"], where=where)
  for stem in (name, re.sub("_[EA]_", "_", name)):
    if stem in videos:
      return ClipItem(**values, file=videos[stem])
  start, end = _seconds(element) if times is None else _found(element, times, annotations)
  return ClipItem(**values, file=videos.get(element["video"]), start=start, end=end)


def _seconds(element: re.Match) -> tuple[float, float]:
  """All that an id may mean, whose seconds are rounded down."""
  event, first, last = int(element[3]), int(element[6]), int(element[7])
  return float(event + first), float(event + last + 1)


def _annotated(file: str) -> dict[str, Any]:
  """{VIDEO: {"E_...": {"timestamps": [[start, end]], "segments": {"A_...": {"timestamps": [[start, end], ...]}}}}}"""
  return json_files.read(file, dict[str, Any], "FineGym's annotations", "Take the file as published.")


def _found(element: re.Match, times: dict[str, Any], file: str | None) -> tuple[float, float]:
  """An element's times of the annotations, whose actions count from the start of their event."""
  try:
    event = times[element["video"]][element["event"]]
    action = event["segments"][element["action"]]
    offset = float(event["timestamps"][0][0])
    stamps = [float(stamp) for part in action["timestamps"] for stamp in part]
    start, end = offset + min(stamps), offset + max(stamps)
  except (KeyError, TypeError, ValueError, IndexError) as error:
    remedy = "Take the annotations of the same version as the list, or leave them out."
    raise BadInput(file, element[0], f"has no times of it ({error!r})", remedy) from error
  if not (math.isfinite(start) and start < end):
    raise BadInput(file, element[0], f"{start:g} to {end:g} s is reversed or empty", "Correct it.")
  return start, end
