"""Files of detections: ActivityNet's submission format, and EPIC-Kitchens' C2."""

import dataclasses
import gc
import json
import operator
import os
import pathlib
from typing import Any

import numpy as np

from jaxvid.metrics.actions import Predictions
from jaxvid.metrics.annotations import Annotations, other_name
from jaxvid.metrics.epic import NUM_NOUNS


class SubmissionError(ValueError):
  """A file of detections that cannot be scored; the message names file, field and remedy."""


@dataclasses.dataclass(frozen=True, eq=False)
class Submission:
  """The detections of a file, as they stand there.

  Attributes:
    source: where they are from, for messages.
    results: recording -> detections, {"label", "segment", "score"} each; in EPIC's form {"verb", "noun", "action",
      "segment", "score"}.
    is_epic: whether they are of EPIC's form.
  """

  source: str
  results: dict[str, list[dict[str, Any]]]
  is_epic: bool


@dataclasses.dataclass(frozen=True, eq=False)
class Detections:
  """Detections as they are scored.

  Attributes:
    predictions: `video` is an index into `recordings`.
    recordings: those of the annotations, then those that the annotations lack.
    predicted: (V,) which of the annotated recordings the file has, be it without detections.
  """

  predictions: Predictions
  recordings: tuple[str, ...]
  predicted: np.ndarray


def read(path: str | os.PathLike) -> Submission:
  """Reads a file of detections, {"results": {RECORDING: [{"label", "segment", "score"}, ...]}, ...}.

  Raises:
    SubmissionError: if it is of another form.
    OSError: if it cannot be read.
  """
  # Millions of small objects that all stay: looking for garbage among them would take as long as reading them.
  was_enabled = gc.isenabled()
  gc.disable()
  try:
    results = json.loads(pathlib.Path(path).read_bytes())["results"]
    first = next((found[0] for found in results.values() if found and isinstance(found, list)), {})
    return Submission(str(path), results, is_epic="verb" in first and "label" not in first)
  except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
    raise SubmissionError(
      f'{path}: not in ActivityNet\'s submission format, {{"results": {{RECORDING: [{{"label", "segment", "score"}}, '
      f"...]}}}} ({type(error).__name__}: {error})"
    ) from error
  finally:
    if was_enabled:
      gc.enable()


def detections(
  submission: Submission, annotations: Annotations, task: str | None = None, labels: str = "known"
) -> Detections:
  """The detections as columns, recordings and classes as the annotations number them.

  A recording counts as the annotations' own if their names differ by ActivityNet's prefix "v_" only.

  Args:
    submission: of `read`.
    annotations: what they will be scored against.
    task: with EPIC's form, which of "verb", "noun" and "action" is the label; with the other form "action" allows
      labels "VERB,NOUN".
    labels: "known" refuses labels that the annotations do not know; "any" gives them the id -1, which counts for
      nothing; "none" gives it to all, for a fusion that replaces them.

  Raises:
    SubmissionError: if a detection lacks a field, has a value that is not a finite number, or a label unknown to the
      annotations, as `labels` says.
  """
  has_labels = labels != "none"
  index = {name: i for i, name in enumerate(annotations.recordings)}
  num_annotated = len(index)
  columns, videos = ([], [], []), []
  fields = (task if submission.is_epic else "label", "segment", "score")
  try:
    for name, found in submission.results.items():
      other = other_name(name)
      video = index.setdefault(other if name not in index and other in index else name, len(index))
      videos.append((video, len(found)))
      for column, field in zip(columns, fields):
        if has_labels or field in ("segment", "score"):
          column.extend(map(operator.itemgetter(field), found))
    segments = np.array(columns[1], float).reshape(-1, 2)
    scores = np.array(columns[2], float)
    if not (np.isfinite(segments).all() and np.isfinite(scores).all() and len(segments) == len(scores)):
      raise ValueError
  except (ValueError, KeyError, TypeError) as error:
    problem = _first_problem(submission, fields if has_labels else fields[1:])
    raise SubmissionError(f"{submission.source}: {problem}") from error
  if num_annotated and videos and min(video for video, _ in videos) >= num_annotated:
    raise SubmissionError(
      f"{submission.source}: none of its recordings ({_sample(submission.results)}) is among those of "
      f"{annotations.source} ({_sample(annotations.recordings)}); check --annotations and --subset"
    )
  ids = _ids(submission, columns[0], annotations, task, labels) if has_labels else np.full(len(scores), -1)
  predicted = np.zeros(len(index), bool)
  predicted[[video for video, _ in videos]] = True
  video = np.repeat(*np.array(videos, int).reshape(-1, 2).T)
  return Detections(Predictions(video, segments, ids, scores), tuple(index), predicted[:num_annotated])


def to_results(detections: Detections, annotations: Annotations) -> dict[str, list[dict[str, Any]]]:
  """Detections in ActivityNet's submission format, by recording in the given order, each one's best first."""
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


def _ids(submission, labels, annotations, task, which):
  """(N,) class ids of the labels."""
  try:
    distinct = set(labels)
  except TypeError:  # [VERB, NOUN]
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
      f"it knows {'class ids and ' if annotations.has_ids else ''}names such as {_sample(by_name)}. "
      "--ignore_unknown_labels leaves them out"
    )
  ids |= dict.fromkeys((label for label in ids if ids[label] is None), -1)
  return np.fromiter((ids[label] for label in labels), int, len(labels))


def _id(label, by_name, has_ids, task):
  """The class id of a label; None if it is not known."""
  if label in by_name:
    return by_name[label]
  if task == "action":
    verb_noun = label.split(",") if isinstance(label, str) else label
    if not isinstance(verb_noun, list | tuple):
      return None
    parts = [_integer(part) for part in verb_noun]
    return parts[0] * NUM_NOUNS + parts[1] if len(parts) == 2 and None not in parts else None
  return _integer(label) if has_ids else None


def _integer(value):
  try:
    return None if isinstance(value, bool | float) else int(value)
  except (TypeError, ValueError):
    return None


def _first_problem(submission, fields):
  """Which detection is at fault, and why."""
  for name, found in submission.results.items():
    if not isinstance(found, list):
      return f'results["{name}"] is no list of detections'
    for i, detection in enumerate(found):
      where = f'results["{name}"][{i}]'
      missing = [field for field in fields if not isinstance(detection, dict) or field not in detection]
      if missing:
        return f"{where} has no {', '.join(missing)}: {str(detection)[:100]}"
      for field in ("segment", "score"):
        value = detection[field]
        shape = (2,) if field == "segment" else ()
        try:
          array = np.array(value, float)
        except (TypeError, ValueError):
          array = np.array(np.nan)
        if array.shape != shape or not np.isfinite(array).all():
          wanted = "start and end in seconds" if field == "segment" else "a finite number"
          return f"{where}: {field} is {str(value)[:60]}, not {wanted}"
  return "the detections cannot be read"


def _sample(names, size=3):
  names = [str(name) for name in names]
  return ", ".join(names[:size]) + (", ..." if len(names) > size else "")
