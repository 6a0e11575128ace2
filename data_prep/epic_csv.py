"""EPIC-Kitchens-100's annotations in CSV files: the official ones, and those that anticipation work uses."""

import collections
import csv
import functools
from pathlib import Path

from data_prep.annotated import Annotated, AnnotatedRecording
from data_prep.checks import BadInput
from data_prep.plan import Annotation

_FRAMES_A_SECOND = 30  # Of training.csv, validation.csv and video_lengths.csv.
_REMEDY = "Copy it from the official release."


def read(folder, task) -> Annotated:
  """The annotations of a task, "verb", "noun" or "action", in the files that epic100's docstring names.

  A video that the class files or the durations do not know is an error; one without an annotation is left out.
  """
  folder = Path(folder)
  names = _class_names(folder, task)
  actions = _action_ids(folder) if task == "action" else None
  durations = _durations(folder)
  recordings = {}
  for split, files in (
    ("training", ("EPIC_100_train.csv", "training.csv")),
    ("validation", ("EPIC_100_validation.csv", "validation.csv")),
  ):
    file = _first(folder, files)
    by_video = collections.defaultdict(list)
    for line, row in _rows(file):
      video = _field(file, line, row, "video_id", "video")
      by_video[video].append(_annotation(file, line, row, task, names, actions))
    recordings[split] = {
      video: functools.partial(_recording, folder, durations, video, annotations)
      for video, annotations in sorted(by_video.items())
    }
  return Annotated(file=str(folder), class_names=names, recordings=recordings)


def _recording(folder, durations, video, annotations):
  if video not in durations:
    raise BadInput(folder, f"duration of {video}", "not in the file of durations", "Get the file again.")
  return AnnotatedRecording(duration=durations[video], annotations=annotations)


def _annotation(file, line, row, task, names, actions):
  if "start_timestamp" in row:
    start, end = (_seconds(file, line, row[f"{which}_timestamp"]) for which in ("start", "stop"))
  else:
    start, end = (_number(file, line, row, which) / _FRAMES_A_SECOND for which in ("start", "stop"))
  if task == "action":
    pair = tuple(int(_field(file, line, row, f"{part}_class", part)) for part in ("verb", "noun"))
    label = names[actions[pair]] if pair in actions else f"verb {pair[0]} with noun {pair[1]}"
  else:
    number = _field(file, line, row, f"{task}_class", task)
    known = number.isdigit() and int(number) < len(names)
    label = names[int(number)] if known else f"{task} {number}"
  return Annotation(start, end, label, f"{file.name} line {line}")


def _class_names(folder, task):
  """Names by id; of actions, "take plate"."""
  file = _first(folder, ("actions.csv",) if task == "action" else (f"EPIC_100_{task}_classes.csv",))
  names = {
    _number(file, line, row, "id", int): _field(file, line, row, "action" if task == "action" else "key")
    for line, row in _rows(file)
  }
  if sorted(names) != list(range(len(names))):
    raise BadInput(file, "id", "not every number from 0 on", _REMEDY)
  if len(set(names.values())) < len(names):
    raise BadInput(file, "names", "two classes have one name", _REMEDY)
  return [names[i] for i in range(len(names))]


def _action_ids(folder):
  """dict of (verb, noun) -> action."""
  file = folder / "actions.csv"
  return {
    (_number(file, line, row, "verb", int), _number(file, line, row, "noun", int)): _number(file, line, row, "id", int)
    for line, row in _rows(file)
  }


def _durations(folder):
  """dict of video -> seconds."""
  file = _first(folder, ("EPIC_100_video_info.csv", "video_lengths.csv"))
  if file.name == "video_lengths.csv":
    return {
      _field(file, line, row, "video"): _number(file, line, row, "frames") / _FRAMES_A_SECOND
      for line, row in _rows(file)
    }
  return {_field(file, line, row, "video_id"): _number(file, line, row, "duration") for line, row in _rows(file)}


def _first(folder, names):
  """The first of some files that is there."""
  for name in names:
    if (folder / name).exists():
      return folder / name
  raise BadInput(folder, "annotations", f"has no {' or '.join(names)}", "Give the folder of the official CSV files.")


def _rows(file):
  """(line, row as a dict) of a CSV file with a header; line 1 is the header."""
  try:
    with open(file, encoding="utf-8", newline="") as stream:
      return list(enumerate(csv.DictReader(stream), start=2))
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise BadInput(file, "file", f"not readable as CSV ({error})", _REMEDY) from None


def _field(file, line, row, *columns):
  """The value in the first of some columns that the file has."""
  for column in columns:
    if row.get(column) is not None:
      return row[column].strip()
  raise BadInput(file, f"line {line}", f"no value in column {' or '.join(columns)}", f"It may be cut short. {_REMEDY}")


def _number(file, line, row, column, kind=float):
  value = _field(file, line, row, column)
  try:
    return kind(value)
  except ValueError:
    raise BadInput(file, f"line {line}, {column}", f"{value!r} is no number", _REMEDY) from None


def _seconds(file, line, timestamp):
  """Seconds of "00:01:02.34"."""
  try:
    hours, minutes, seconds = timestamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
  except (AttributeError, ValueError):
    raise BadInput(file, f"line {line}", f"{timestamp!r} is no time HH:MM:SS.ss", _REMEDY) from None
