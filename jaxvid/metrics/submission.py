"""Detections of a file, converted to the columns that are scored."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from jaxvid.formats.detections import Submission
from jaxvid.formats.epic_csv import NUM_NOUNS
from jaxvid.metrics.actions import Predictions
from jaxvid.metrics.annotations import Annotations, other_name


class SubmissionError(ValueError):
  """Detections do not fit the annotations; the message names the file and the remedy."""


@dataclasses.dataclass(frozen=True, eq=False)
class Detections:
  """Detections with recordings and classes numbered as in the annotations.

  Attributes:
    predictions: `video` is an index into `recordings`.
    recordings: names; first the V of the annotations, then those that the annotations lack.
    predicted: (V,) bool: whether the annotated recording has an entry among the detections, be it an empty one.
  """

  predictions: Predictions
  recordings: tuple[str, ...]
  predicted: np.ndarray


def detections(
  submission: Submission, annotations: Annotations, task: str | None = None, labels: str = "known"
) -> Detections:
  """Numbers the recordings and classes of a file's detections as the annotations do.

  Recordings whose names differ by ActivityNet's prefix "v_" only are taken as the same.

  Args:
    submission: the file's content, see jaxvid.formats.detections.
    annotations: against which the detections will be scored.
    task: in EPIC's form, whether "verb", "noun" or "action" is the label; in the other form, "action" allows labels
      "VERB,NOUN".
    labels: "known" raises an error for labels that the annotations lack; "any" gives them the id -1, which no scoring
      counts; "none" gives all labels that id, for score fusion, which replaces them.

  Raises:
    SubmissionError: no recording is annotated, a detection has no label, or (with labels="known") an unknown one.
  """
  videos, recordings, predicted = number_recordings(
    list(submission.counts), submission.source, annotations, "Check --annotations and --subset."
  )
  ids = np.full(len(submission.scores), -1)
  if labels != "none":
    ids = _ids(submission, task if submission.is_epic else "label", annotations, task, labels)
  video = np.repeat(videos, np.array(list(submission.counts.values()), int))
  return Detections(Predictions(video, submission.segments, ids, submission.scores), recordings, predicted)


def number_recordings(
  names: Sequence[str], source: str, annotations: Annotations, remedy: str
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
  """Numbers recordings: first those of the annotations, then those that the annotations lack.

  Args:
    names: R names of recordings with detections.
    source: file of the detections, for the message.
    annotations: of V recordings.
    remedy: what to do if none of the recordings is annotated, for the message.

  Returns:
    videos: (R,) index of each name into `recordings`.
    recordings: names of all recordings.
    predicted: (V,) bool: whether the annotated recording is among `names`.

  Raises:
    SubmissionError: none of them is annotated.
  """
  index = {name: i for i, name in enumerate(annotations.recordings)}
  num_annotated, videos = len(index), []
  for name in names:
    other = other_name(name)
    videos.append(index.setdefault(other if name not in index and other in index else name, len(index)))
  if num_annotated and videos and min(videos) >= num_annotated:
    raise SubmissionError(
      f"{source}: none of its recordings ({_sample(names)}) is among those of {annotations.source} "
      f"({_sample(annotations.recordings)}). {remedy}"
    )
  predicted = np.zeros(len(index), bool)
  predicted[videos] = True
  return np.array(videos, int), tuple(index), predicted[:num_annotated]


def to_results(detections: Detections, annotations: Annotations) -> dict[str, list[dict[str, Any]]]:
  """Detections in ActivityNet's submission format: recording -> detections, best score first."""
  predictions, results = detections.predictions, {}
  order = np.lexsort((-predictions.scores, predictions.video))
  for i in order.tolist():
    results.setdefault(detections.recordings[predictions.video[i]], []).append(
      {
        "label": annotations.class_names[int(predictions.labels[i])],
        "segment": predictions.segments[i].tolist(),
        "score": float(predictions.scores[i]),
      }
    )
  return results


def _ids(submission, field, annotations, task, which):
  """Class ids (N,) of the labels in `field`; `which` is the argument `labels` of `detections`."""
  labels = submission.labels[field]
  if msgspec.UNSET in labels:
    place = submission.place(labels.index(msgspec.UNSET))
    raise SubmissionError(f"{submission.source}: {place} has no {field}. Give every detection a label.")
  try:
    distinct = set(labels)
  except TypeError:  # Labels [VERB, NOUN] are lists, which no set can hold.
    labels = [tuple(map(str, label)) if isinstance(label, list) else str(label) for label in labels]
    distinct = set(labels)
  by_name = {name: label for label, name in annotations.class_names.items()}
  ids, unknown = {}, []
  for label in distinct:
    ids[label] = _id(label, by_name, annotations.has_ids, task)
    if ids[label] is None:
      unknown.append(str(label))
  if unknown and which == "known":
    raise SubmissionError(
      f"{submission.source}: {len(unknown)} labels are unknown to {annotations.source}: {_sample(sorted(unknown))}; "
      f"it has {'class ids and ' if annotations.has_ids else ''}names such as {_sample(by_name)}. Leave these "
      "detections out with --ignore_unknown_labels."
    )
  ids |= dict.fromkeys((label for label in ids if ids[label] is None), -1)
  return np.fromiter((ids[label] for label in labels), int, len(labels))


def _id(label, by_name, has_ids, task):
  """Class id of a label: a name, an id, or for actions a verb and a noun; None if the annotations lack it."""
  if label in by_name:
    return by_name[label]
  if task == "action":
    verb_noun = label.split(",") if isinstance(label, str) else label
    if not isinstance(verb_noun, list | tuple):
      return None
    parts = [_integer(part) for part in verb_noun]
    return parts[0] * NUM_NOUNS + parts[1] if len(parts) == 2 and None not in parts else None
  return _integer(label) if has_ids else None


def _integer(value: Any) -> int | None:
  """The whole number that a label such as 3 or "3" stands for; None for anything else."""
  try:
    return None if isinstance(value, bool | float) else int(value)
  except (TypeError, ValueError):
    return None


def _sample(names: Iterable[Any], size: int = 3) -> str:
  """The first names, for a message."""
  names = [str(name) for name in names]
  return ", ".join(names[:size]) + (", ..." if len(names) > size else "")
