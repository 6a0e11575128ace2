"""What detections are scored against, and its reading from annotation files of ActivityNet's form."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from jaxvid.metrics.actions import GroundTruth
from jaxvid.metrics.detection import remove_duplicate_annotations


class AnnotationError(ValueError):
  """An annotation file that cannot be read; the message names file, field and remedy."""


@dataclasses.dataclass(frozen=True, eq=False)
class Annotations:
  """What predictions are scored against.

  Attributes:
    source: where it is from, for messages.
    recordings: the V names of the subset's recordings, with and without actions.
    durations: (V,) seconds; NaN where the file has none.
    ground_truth: `video` is an index into `recordings`.
    class_names: class id -> name, of all subsets.
    has_ids: whether the file gives the class ids, so that predictions may name classes by them.
    num_duplicates: annotations that were left out as repetitions of others.
  """

  source: str
  recordings: tuple[str, ...]
  durations: np.ndarray
  ground_truth: GroundTruth
  class_names: Mapping[int, str]
  has_ids: bool
  num_duplicates: int = 0


def make(
  source: str,
  recordings: Sequence[str],
  durations: Sequence[float],
  segments: Sequence,
  labels: Sequence,
  class_names: Mapping[int, str],
  remove_duplicates: bool,
  has_ids: bool = True,
) -> Annotations:
  """Annotations of `recordings`, with the segments (N_i, 2) in seconds and class ids (N_i,) of each."""
  segments = [np.asarray(rows, float).reshape(-1, 2) for rows in segments]
  labels = [np.asarray(rows, int) for rows in labels]
  num_before = sum(map(len, labels))
  if remove_duplicates:
    cleaned = [remove_duplicate_annotations(*rows) for rows in zip(segments, labels, strict=True)]
    segments, labels = [rows for rows, _ in cleaned], [rows for _, rows in cleaned]
  video = np.repeat(np.arange(len(recordings)), [len(rows) for rows in labels])
  return Annotations(
    source=source,
    recordings=tuple(recordings),
    durations=np.asarray(durations, float),
    ground_truth=GroundTruth(
      video, np.concatenate([np.zeros((0, 2)), *segments]), np.concatenate([np.zeros(0, int), *labels])
    ),
    class_names=class_names,
    has_ids=has_ids,
    num_duplicates=num_before - len(video),
  )


def read(path: str | os.PathLike, subsets: Sequence[str], remove_duplicates: bool) -> Annotations:
  """Reads an annotation file of ActivityNet's form.

  Args:
    path: of {"database": {RECORDING: {"subset", "duration", "annotations": [{"label", "segment"}]}}}, where an
      annotation may have a "label_id", as ActionFormer's files have.
    subsets: names of the subset, in any case; the first that the file has.
    remove_duplicates: as ActionFormer's evaluator does.

  Raises:
    AnnotationError: if the file is of another form, or has no such subset.
    OSError: if it cannot be read.
  """
  try:
    database = json.loads(pathlib.Path(path).read_bytes())["database"]
    entries = {name: (entry["subset"], entry.get("duration"), entry["annotations"]) for name, entry in database.items()}
    actions = [action for _, _, annotated in entries.values() for action in annotated]
    class_names, has_ids = _class_names(actions)
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise AnnotationError(
      f'{path}: not an annotation file of ActivityNet\'s form, {{"database": {{RECORDING: {{"subset", "duration", '
      f'"annotations": [{{"label", "segment"}}]}}}}}} ({type(error).__name__}: {error})'
    ) from error
  names = {subset.lower(): subset for subset, _, _ in entries.values()}
  subset = next((name.lower() for name in subsets if name.lower() in names), None)
  if subset is None:
    raise AnnotationError(
      f"{path}: no subset {' or '.join(subsets)}; there are: {', '.join(sorted(names.values()))}. Give --subset=NAME."
    )
  chosen = {name: entry for name, entry in entries.items() if entry[0].lower() == subset}
  ids = {name: label for label, name in class_names.items()}
  try:
    return make(
      source=str(path),
      recordings=list(chosen),
      durations=[np.nan if duration is None else duration for _, duration, _ in chosen.values()],
      segments=[[action["segment"] for action in actions] for _, _, actions in chosen.values()],
      labels=[
        [action["label_id"] if has_ids else ids[action["label"]] for action in actions]
        for _, _, actions in chosen.values()
      ],
      class_names=class_names,
      remove_duplicates=remove_duplicates,
      has_ids=has_ids,
    )
  except (KeyError, TypeError, ValueError) as error:
    raise AnnotationError(
      f'{path}: an annotation\'s "segment" is not a start and an end in seconds ({type(error).__name__}: {error})'
    ) from error


def _class_names(actions):
  """Class id -> name, and whether the ids are the file's own; else they number the names in alphabetical order."""
  if actions and all(isinstance(action.get("label_id"), int) for action in actions):
    names = {}
    for action in actions:
      names.setdefault(action["label_id"], str(action.get("label", action["label_id"])))
    return dict(sorted(names.items())), True
  return dict(enumerate(sorted({str(action["label"]) for action in actions}))), False


def other_name(recording: str) -> str:
  """The name with or without "v_", which some of ActivityNet's files put before the ids of YouTube."""
  return recording.removeprefix("v_") if recording.startswith("v_") else f"v_{recording}"
