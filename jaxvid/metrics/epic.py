"""Annotations of EPIC-Kitchens-100, from its CSV files."""

import csv
import os
import pathlib

import numpy as np

from jaxvid.metrics import annotations
from jaxvid.metrics.annotations import AnnotationError, Annotations

TASKS = ("verb", "noun", "action")
NUM_NOUNS = 300
_COLUMNS = ("video_id", "start_timestamp", "stop_timestamp", "verb_class", "noun_class")


def read(path: str | os.PathLike, task: str, remove_duplicates: bool) -> Annotations:
  """Reads EPIC_100_validation.csv or a file like it; the recordings are those that it names.

  Names of classes come from EPIC_100_verb_classes.csv and EPIC_100_noun_classes.csv, durations from
  EPIC_100_video_info.csv, where these lie beside it.

  Args:
    path: of the CSV file.
    task: "verb", "noun" or "action"; the id of an action is verb * 300 + noun.
    remove_duplicates: as ActionFormer's evaluator does.

  Raises:
    AnnotationError: if it is another file; names the columns that are missing, or the line.
    OSError: if it cannot be read.
  """
  path = pathlib.Path(path)
  rows = _rows(path)
  missing = [column for column in _COLUMNS if not rows or column not in rows[0]]
  if missing:
    raise AnnotationError(
      f"{path}: no column {', '.join(missing)}; this is no annotation file of EPIC-Kitchens-100, such as "
      "EPIC_100_validation.csv"
    )
  segments = {row["video_id"]: [] for row in rows}
  labels = {row["video_id"]: [] for row in rows}
  for number, row in enumerate(rows, start=2):
    try:
      segments[row["video_id"]].append([_seconds(row["start_timestamp"]), _seconds(row["stop_timestamp"])])
      labels[row["video_id"]].append(_label(task, int(row["verb_class"]), int(row["noun_class"])))
    except ValueError as error:
      raise AnnotationError(f"{path}, line {number}: {error}") from error
  durations = {row["video_id"]: float(row["duration"]) for row in _rows_beside(path, "EPIC_100_video_info.csv")}
  return annotations.make(
    source=str(path),
    recordings=list(segments),
    durations=[durations.get(name, np.nan) for name in segments],
    segments=segments.values(),
    labels=labels.values(),
    class_names=_class_names(path, task, sorted({label for some in labels.values() for label in some})),
    remove_duplicates=remove_duplicates,
  )


def _rows(path):
  with path.open(newline="") as file:
    return list(csv.DictReader(file))


def _rows_beside(path, name):
  """Rows of another file of the folder; none if it is not there."""
  beside = path.with_name(name)
  return _rows(beside) if beside.exists() else []


def _label(task, verb, noun):
  return {"verb": verb, "noun": noun, "action": verb * NUM_NOUNS + noun}[task]


def _seconds(timestamp):
  """Seconds of "HH:MM:SS.ff"."""
  hours, minutes, seconds = timestamp.split(":")
  return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def _class_names(path, task, labels):
  """Class id -> name, or number where the names are not there."""
  verbs, nouns = (
    {int(row["id"]): row["key"] for row in _rows_beside(path, f"EPIC_100_{part}_classes.csv")}
    for part in ("verb", "noun")
  )
  if task == "action":
    pairs = {label: divmod(label, NUM_NOUNS) for label in labels}
    return {label: f"{verbs.get(verb, verb)},{nouns.get(noun, noun)}" for label, (verb, noun) in pairs.items()}
  return {label: str(label) for label in labels} | (verbs if task == "verb" else nouns)
