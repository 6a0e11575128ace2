"""Annotations that detections are scored against, from the CSV files of EPIC-Kitchens-100."""

import os
from pathlib import Path

import numpy as np

from jaxvid.formats import epic_csv
from jaxvid.formats.epic_csv import NUM_NOUNS, Segment
from jaxvid.metrics import annotations
from jaxvid.metrics.annotations import Annotations

TASKS = ("verb", "noun", "action")


def read(path: str | os.PathLike, task: str, remove_duplicates: bool) -> Annotations:
  """Reads EPIC_100_validation.csv or a file like it; its recordings are those with an action.

  Names of classes come from EPIC_100_verb_classes.csv and EPIC_100_noun_classes.csv, durations from
  EPIC_100_video_info.csv, where these lie beside it.

  Args:
    path: of the CSV file.
    task: "verb", "noun" or "action"; the id of an action is verb * 300 + noun.
    remove_duplicates: leave out annotations that repeat others, as ActionFormer's evaluator does.

  Raises:
    FormatError: the file lacks columns, or a value has the wrong form; the message names the columns, or the line.
  """
  by_video = {}
  for segment in epic_csv.segments(path):
    by_video.setdefault(segment.video, []).append(segment)
  labels = [[_label(task, segment) for segment in found] for found in by_video.values()]
  lengths = Path(path).with_name("EPIC_100_video_info.csv")
  durations = epic_csv.durations(lengths) if lengths.exists() else {}
  return annotations.make(
    source=str(path),
    recordings=list(by_video),
    durations=[durations.get(name, np.nan) for name in by_video],
    segments=[[(segment.start, segment.end) for segment in found] for found in by_video.values()],
    labels=labels,
    class_names=_class_names(path, task, sorted({label for some in labels for label in some})),
    remove_duplicates=remove_duplicates,
  )


def _label(task: str, segment: Segment) -> int:
  """Class id of a segment; that of an action is verb * 300 + noun."""
  verb, noun = segment.verb, segment.noun
  return {"verb": verb, "noun": noun, "action": verb * NUM_NOUNS + noun}[task]


def _class_names(path: str | os.PathLike, task: str, labels: list[int]) -> dict[int, str]:
  """Class id -> name; where the files of names are missing, the number stands for it."""
  verbs, nouns = (_names_beside(path, f"EPIC_100_{part}_classes.csv") for part in ("verb", "noun"))
  if task == "action":
    pairs = {label: divmod(label, NUM_NOUNS) for label in labels}
    return {label: f"{verbs.get(verb, verb)},{nouns.get(noun, noun)}" for label, (verb, noun) in pairs.items()}
  return {label: str(label) for label in labels} | (verbs if task == "verb" else nouns)


def _names_beside(path: str | os.PathLike, name: str) -> dict[int, str]:
  """Class id -> name from the file `name` in the folder of `path`; empty if there is none."""
  file = Path(path).with_name(name)
  return epic_csv.class_names(file) if file.exists() else {}
