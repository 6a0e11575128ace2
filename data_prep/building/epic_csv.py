"""A dataset's annotations from EPIC-Kitchens-100's CSV files: segments labelled with verbs, nouns or actions."""

import collections
import functools
from collections.abc import Callable
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import action_classes, csv_table
from jaxvid.formats import epic_csv as epic_files
from jaxvid.formats.errors import timing_of
from jaxvid.records import Action, Recording

FILES = {
  "training": ("EPIC_100_train.csv", "training.csv"),
  "validation": ("EPIC_100_validation.csv", "validation.csv"),
}


def read(folder: str | Path, task: str) -> Annotated:
  """Reads the files that the docstring of datasets/epic100.py names.

  Args:
    folder: of the CSV files.
    task: "verb", "noun" or "action".

  Raises:
    BadInput: a file is missing or bad. A video without a duration raises it when that video is read. Videos without an
      annotation are left out.
  """
  names = class_names(folder, task)
  actions = action_classes.ids(Path(folder) / "actions.csv") if task == "action" else None
  lengths = durations(folder)
  recordings: dict[str, dict[str, Callable[[], Recording]]] = {}
  for split, files in FILES.items():
    file = csv_table.first(folder, files)
    by_video = collections.defaultdict(list)
    for segment in epic_files.segments(file):
      label = _label(segment, task, names, actions)
      by_video[segment.video].append(Action(segment.start, segment.end, label, f"{file.name} line {segment.line}"))
    recordings[split] = {
      video: functools.partial(_recording, folder, lengths, video, found) for video, found in sorted(by_video.items())
    }
  return Annotated(file=str(folder), class_names=names, recordings=recordings)


def class_names(folder: str | Path, task: str) -> list[str]:
  """Names of the classes of a task, by id; of actions, "take plate"."""
  file = csv_table.first(folder, ("actions.csv",) if task == "action" else (f"EPIC_100_{task}_classes.csv",))
  names = epic_files.class_names(file, "action" if task == "action" else "key")
  if sorted(names) != list(range(len(names))):
    raise BadInput(file, "id", "not every number from 0 on", csv_table.REMEDY)
  if len(set(names.values())) < len(names):
    raise BadInput(file, "names", "two classes have one name", csv_table.REMEDY)
  return [names[i] for i in range(len(names))]


def durations(folder: str | Path) -> dict[str, float]:
  """Seconds of the videos, by name."""
  return epic_files.durations(csv_table.first(folder, ("EPIC_100_video_info.csv", "video_lengths.csv")))


def _label(segment: epic_files.Segment, task: str, names: list[str], actions: dict[tuple[int, int], int] | None) -> str:
  """Name of the class of a segment; of one that there is not, what it would be.

  Args:
    segment: of a verb and a noun.
    task: "verb", "noun" or "action".
    names: of the task's classes.
    actions: (verb, noun) -> action, for "action".
  """
  if actions is not None:
    action = actions.get((segment.verb, segment.noun))
    return f"verb {segment.verb} with noun {segment.noun}" if action is None else names[action]
  index = segment.verb if task == "verb" else segment.noun
  return names[index] if 0 <= index < len(names) else f"{task} {index}"


def _recording(folder: str | Path, lengths: dict[str, float], video: str, actions: list[Action]) -> Recording:
  if video not in lengths:
    raise BadInput(folder, f"duration of {video}", "not in the file of durations", "Get the file again.")
  return Recording(video, timing_of(folder, video, duration=lengths[video]), actions, str(folder))
