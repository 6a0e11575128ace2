"""The recordings that statistics are about, a row each: of a built dataset, or of annotations before it is built."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid import progress, time_grid
from jaxvid.data import store
from jaxvid.data_prep.building import checks, sequences
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.features import Features
from jaxvid.data_prep.building.plan import TIMING, Plan
from jaxvid.records import Recording, Timing


@dataclasses.dataclass(frozen=True)
class Row:
  """One recording.

  Attributes:
    split, id: its split and name.
    duration: seconds.
    segments: (N, 2) seconds.
    labels: (N,) indices into the dataset's class names.
    num_published: annotations before any were left out.
    fps, feat_stride, num_frames: None where they are not known.
    num_steps: of the features; None where there are none.
  """

  split: str
  id: str
  duration: float
  segments: np.ndarray
  labels: np.ndarray
  num_published: int
  fps: float | None
  feat_stride: float | None
  num_frames: float | None
  num_steps: int | None

  @property
  def rate(self) -> float | None:
    """Steps a second."""
    return None if self.fps is None or self.feat_stride is None else self.fps / self.feat_stride

  @property
  def expected_steps(self) -> int | None:
    """Steps that follow from duration and timing; None where the timing is not known."""
    if self.fps is None or self.feat_stride is None or self.num_frames is None:
      return None
    return time_grid.expected_num_steps(self.duration, self.fps, self.feat_stride, self.num_frames)

  def resize(self, num_steps: int) -> "Row":
    """A copy with `num_steps` steps, evenly over the recording, as data.resize_to makes them."""
    stride = self.duration / num_steps
    return dataclasses.replace(self, fps=1.0, feat_stride=stride, num_frames=stride, num_steps=num_steps)


@dataclasses.dataclass(frozen=True)
class Rows:
  """Rows of a dataset.

  Attributes:
    rows: the recordings.
    class_names: label k is class_names[k].
    train: the training splits, which proposals are made from.
    problems: a line for each bad recording or annotation; these are not in `rows`.
    notes: remarks on how the recordings were read.
  """

  rows: list[Row]
  class_names: list[str]
  train: list[str]
  problems: list[str]
  notes: list[str]


def of_dataset(data_dir: str | Path, name: str) -> Rows:
  """The rows of a built dataset.

  Raises:
    BadInput: there is no such dataset.
  """
  folder = store.dataset_folder(data_dir, name)
  if folder is None:
    problem = f"no dataset {name!r} in it"
    raise BadInput(data_dir, "--data_dir", problem, f"Build it: jaxvid build {name} --source=...")
  splits = store.base_splits(folder)
  first = store.Split(folder, splits[0])
  aliases = first.metadata["splits"]
  if len(splits) > 8 and {"train", "test"} <= set(aliases):  # A split per subject: too many for a table.
    splits = ["train", "test"]
  opened = {split: store.Split(folder, split) for split in splits}
  rows, problems = [], []
  with progress.bar(total=sum(map(len, opened.values())), unit="recording", desc=name) as bar:
    for split, source in opened.items():
      for index in range(len(source)):
        record = source[index]
        bar.update()
        rows.append(
          Row(
            split=split,
            **{key: record[key] for key in ("id", "duration", "segments", "labels", *TIMING)},
            num_published=len(record["labels"]),
            num_steps=len(record["features"]),
          )
        )
        if not np.isfinite(record["features"]).all():
          problems.append(f"{record['id']}: NaN or infinity in the features")
  train = ["train"] if "train" in splits else aliases.get("train", "").split("+")
  notes = list(first.metadata.get("notes", ()))
  return Rows(rows, first.class_names, [split for split in train if split in splits] or splits, problems, notes)


def annotations_of(read: Annotated | Plan, file: str | Path) -> Annotated:
  """The annotations that a reader returns; of a Plan, which has features too, in the splits "train" and "test"."""
  if isinstance(read, Annotated):
    return read

  def annotated(reader: Callable[[], Recording]) -> Recording:
    return dataclasses.replace(reader(), features=None)

  return Annotated(
    file=str(file),
    class_names=read.class_names,
    recordings={
      # Cached: the signals, which the durations come from, take seconds to read.
      split: {of: functools.cache(functools.partial(annotated, *read.readers[of])) for of in read.aliases[split]}
      for split in ("train", "test")
    },
  )


def of_annotations(
  annotated: Annotated, given: Timing, fixed_length: bool, features: Features | None, train: list[str]
) -> Rows:
  """The rows of a dataset before it is built.

  Args:
    annotated: its annotations.
    given: timing from flags.
    fixed_length: whether features were resized to a fixed number of steps.
    features: the features, for their lengths; None for annotations alone.
    train: the training splits.
  """
  labels = {name: label for label, name in enumerate(annotated.class_names)}
  total = sum(map(len, annotated.recordings.values()))
  rows: list[Row] = []
  problems: list[str] = []
  with progress.bar(total=total, desc="stats", unit="recording") as bar:
    for split, named in annotated.recordings.items():
      for name, read in named.items():
        bar.update()
        try:
          rows.append(_row(split, name, read(), annotated.file, given, labels, features, fixed_length, problems))
        except BadInput as error:
          problems.append(str(error))
  train = [split for split in train if split in annotated.recordings] or list(annotated.recordings)
  notes = [*annotated.notes(), *sequences.disagreements(annotated, given)]
  if any(recording.timing.duration is None for recording in annotated.readable):
    notes.append(
      "durations are not published: a recording ends with its features, or without them with its last action"
    )
  return Rows(rows, annotated.class_names, train, problems, notes)


def _row(
  split: str,
  name: str,
  recording: Recording,
  file: str,
  given: Timing,
  labels: dict[str, int],
  features: Features | None,
  fixed_length: bool,
  problems: list[str],
) -> Row:
  times: dict[str, Any] = {
    key: getattr(recording.timing, key) if getattr(given, key) is None else getattr(given, key) for key in TIMING
  }
  num_steps = features.shape(name)[0] if features else None
  if fixed_length and num_steps:
    fps = sequences.find_number(file, name, recording, given, "fps")
    times |= sequences.fixed_length_timing(file, name, recording.timing.duration, fps, num_steps)
  duration = _duration(recording, times, num_steps)
  checked = dataclasses.replace(recording, timing=Timing(**times, duration=duration or None))
  good = []
  for action in recording.actions:
    try:
      checks.check_action(action, checked, labels)
      good.append(action)
    except BadInput as error:
      problems.append(str(error))
  return Row(
    split=split,
    id=name,
    duration=duration,
    segments=np.array([(action.start, action.end) for action in good], float).reshape(-1, 2),
    labels=np.array([labels[action.label] for action in good], int),
    num_published=len(recording.actions) + recording.num_repeated + recording.num_too_short,
    **times,
    num_steps=num_steps,
  )


def _duration(recording: Recording, times: dict[str, Any], num_steps: int | None) -> float:
  """Seconds: as published, else from the number of steps, else up to the end of the last action."""
  if recording.timing.duration is not None:
    return recording.timing.duration
  if num_steps is not None and None not in times.values():
    return sequences.duration_of(num_steps, **times)
  return max((action.end for action in recording.actions), default=0.0)
