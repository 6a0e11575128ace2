"""Annotated actions that detections are scored against, and how they are read from a file."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np

from jaxvid.formats import annotations as annotation_files
from jaxvid.formats.errors import FormatError
from jaxvid.metrics.actions import GroundTruth
from jaxvid.metrics.detection import remove_duplicate_annotations


@dataclasses.dataclass(frozen=True, eq=False)
class Annotations:
  """The annotated recordings and actions of a subset, against which detections are scored.

  Attributes:
    source: file or dataset that they are from, for messages.
    recordings: the V names of the subset's recordings, with and without actions.
    durations: (V,) seconds; NaN where the file has none.
    ground_truth: `video` is an index into `recordings`.
    class_names: class id -> name, of all subsets.
    has_ids: whether the file gives the class ids, so that predictions may name classes by them.
    num_duplicates: how many annotations were left out because they repeat others or are too short.
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
  """Builds Annotations from a list for each recording.

  Args:
    source: file or dataset that they are from, for messages.
    recordings: V names.
    durations: V numbers, seconds; NaN where unknown.
    segments: of recording i, (N_i, 2) start and end in seconds.
    labels: of recording i, (N_i,) class ids.
    class_names: class id -> name.
    remove_duplicates: leave out annotations that repeat others, as ActionFormer's evaluator does.
    has_ids: whether the class ids are the file's own.
  """
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
  """Reads annotations of any format (jaxvid.formats.annotations), such as ActivityNet's container.

  Args:
    path: file in which every recording has a subset and annotations; these may have label ids.
    subsets: names of the subset, in upper or lower case; the first one that the file has is read.
    remove_duplicates: leave out annotations that repeat others, as ActionFormer's evaluator does.

  Raises:
    FormatError: the file has another form, lacks the subset, or holds a segment that is not two numbers.
  """
  container = annotation_files.read(path)
  for name, entry in container.entries.items():
    missing = "subset" if entry.subset is None else "annotations" if entry.annotations is None else None
    if missing:
      raise FormatError(path, f"database.{name}.{missing}", "missing", f"Give every recording {missing}.")
  class_names, has_ids = _class_names(container)
  # Lower case -> as the file spells it, for the message.
  spellings = {container.subset(name): str(entry.subset) for name, entry in container.entries.items()}
  subset = next((name.lower() for name in subsets if name.lower() in spellings), None)
  if subset is None:
    problem = f"no recording is in {' or '.join(subsets)}; the file has: {', '.join(sorted(spellings.values()))}"
    raise FormatError(path, "subset", problem, "Choose one of them with --subset=NAME.")
  chosen = [name for name in container.entries if container.subset(name) == subset]
  durations = [container.number(name, "duration") for name in chosen]
  ids = {name: label for label, name in class_names.items()}
  return make(
    source=str(path),
    recordings=chosen,
    durations=[np.nan if duration is None else duration for duration in durations],
    segments=[container.segments(name) for name in chosen],
    labels=[
      [action.label_id if has_ids else ids[action.name] for action in container.entries[name].annotations]
      for name in chosen
    ],
    class_names=class_names,
    remove_duplicates=remove_duplicates,
    has_ids=has_ids,
  )


def _class_names(container: annotation_files.Container) -> tuple[dict[int, str], bool]:
  """Class id -> name, and whether the file gives the ids; if not, names are numbered in alphabetical order."""
  named = container.names_by_id()
  if named and all(isinstance(label_id, int) for label_id in named):
    return {label_id: annotation_files.most_frequent(named[label_id]) for label_id in sorted(named)}, True
  for name, index, action in container.annotations():
    if action.label is None:
      place, remedy = f"database.{name}.annotations[{index}].label", "Give every annotation a label."
      raise FormatError(container.file, place, "missing", remedy)
  return dict(enumerate(sorted({name for counts in named.values() for name in counts}))), False


def other_name(recording: str) -> str:
  """The recording's other spelling: adds or removes "v_", which some of ActivityNet's files put before YouTube ids."""
  return recording.removeprefix("v_") if recording.startswith("v_") else f"v_{recording}"
