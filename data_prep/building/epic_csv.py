"""EPIC-Kitchens-100's annotations in CSV files: the official ones, and those that anticipation work uses."""

import collections
import functools
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated, AnnotatedRecording
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.csv_rows import REMEDY, field, first, number, rows, seconds
from jaxvid.data_prep.building.plan import Annotation

FRAMES_A_SECOND = 30  # Of training.csv, validation.csv and video_lengths.csv.


def read(folder, task) -> Annotated:
  """The annotations of a task, "verb", "noun" or "action", in the files that epic100's docstring names.

  A video that the class files or the durations do not know is an error; one without an annotation is left out.
  """
  folder = Path(folder)
  names = class_names(folder, task)
  actions = _action_ids(folder) if task == "action" else None
  lengths = durations(folder)
  recordings = {}
  for split, files in (
    ("training", ("EPIC_100_train.csv", "training.csv")),
    ("validation", ("EPIC_100_validation.csv", "validation.csv")),
  ):
    file = first(folder, files)
    by_video = collections.defaultdict(list)
    for line, row in rows(file):
      video = field(file, line, row, "video_id", "video")
      by_video[video].append(_annotation(file, line, row, task, names, actions))
    recordings[split] = {
      video: functools.partial(_recording, folder, lengths, video, annotations)
      for video, annotations in sorted(by_video.items())
    }
  return Annotated(file=str(folder), class_names=names, recordings=recordings)


def _recording(folder, lengths, video, annotations):
  if video not in lengths:
    raise BadInput(folder, f"duration of {video}", "not in the file of durations", "Get the file again.")
  return AnnotatedRecording(duration=lengths[video], annotations=annotations)


def _annotation(file, line, row, task, names, actions):
  if "start_timestamp" in row:
    start, end = (seconds(file, line, row, f"{which}_timestamp") for which in ("start", "stop"))
  else:
    start, end = (number(file, line, row, which) / FRAMES_A_SECOND for which in ("start", "stop"))
  if task == "action":
    pair = tuple(int(field(file, line, row, f"{part}_class", part)) for part in ("verb", "noun"))
    label = names[actions[pair]] if pair in actions else f"verb {pair[0]} with noun {pair[1]}"
  else:
    given = field(file, line, row, f"{task}_class", task)
    known = given.isdigit() and int(given) < len(names)
    label = names[int(given)] if known else f"{task} {given}"
  return Annotation(start, end, label, f"{file.name} line {line}")


def class_names(folder, task):
  """List of the names of the classes of a task, by id; of actions, "take plate"."""
  file = first(folder, ("actions.csv",) if task == "action" else (f"EPIC_100_{task}_classes.csv",))
  names = {
    number(file, line, row, "id", int): field(file, line, row, "action" if task == "action" else "key")
    for line, row in rows(file)
  }
  if sorted(names) != list(range(len(names))):
    raise BadInput(file, "id", "not every number from 0 on", REMEDY)
  if len(set(names.values())) < len(names):
    raise BadInput(file, "names", "two classes have one name", REMEDY)
  return [names[i] for i in range(len(names))]


def _action_ids(folder):
  """dict of (verb, noun) -> action."""
  file = folder / "actions.csv"
  return {
    (number(file, line, row, "verb", int), number(file, line, row, "noun", int)): number(file, line, row, "id", int)
    for line, row in rows(file)
  }


def durations(folder):
  """dict of video -> seconds."""
  file = first(folder, ("EPIC_100_video_info.csv", "video_lengths.csv"))
  if file.name == "video_lengths.csv":
    return {
      field(file, line, row, "video"): number(file, line, row, "frames") / FRAMES_A_SECOND for line, row in rows(file)
    }
  return {field(file, line, row, "video_id"): number(file, line, row, "duration") for line, row in rows(file)}
