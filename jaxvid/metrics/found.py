"""Detections as arrays of each recording, converted to the columns that are scored."""

from collections.abc import Sequence

import numpy as np

from jaxvid.metrics.actions import Predictions
from jaxvid.metrics.annotations import Annotations
from jaxvid.metrics.submission import Detections, SubmissionError, number_recordings


def columns(
  recordings: Sequence[tuple[str, np.ndarray, np.ndarray, np.ndarray]],
  class_names: Sequence[str],
  annotations: Annotations,
  ignore_labels: bool = False,
) -> Detections:
  """Numbers recordings and classes as the annotations do; `jaxvid.metrics.submission.detections` does so for a file.

  Args:
    recordings: name, segments (D, 2) in seconds, scores (D,) and integer labels (D,) of each. Names that differ from
      the annotations' by ActivityNet's prefix "v_" only are taken as the same.
    class_names: label k is class_names[k]; if empty, the labels are the annotations' class ids.
    annotations: what they will be scored against.
    ignore_labels: set all class ids to -1, for score fusion, which replaces them.

  Raises:
    SubmissionError: a number is not finite, a label is unknown to the annotations, or none of the recordings is among
      theirs.
  """
  for name, segments, scores, _ in recordings:
    if not (np.isfinite(segments).all() and np.isfinite(scores).all()):
      raise SubmissionError(f"the detections of {name}: a segment or score is not finite (NaN or infinity)")
  names = [name for name, *_ in recordings]
  videos, numbered, predicted = number_recordings(
    names, "the detections", annotations, "Is it of another dataset or split?"
  )
  labels = np.concatenate([np.zeros(0, int), *(labels for *_, labels in recordings)])
  ids = np.full(len(labels), -1) if ignore_labels else _ids(labels, class_names, annotations)
  predictions = Predictions(
    video=np.repeat(videos, [len(scores) for _, _, scores, _ in recordings]),
    segments=np.concatenate([np.zeros((0, 2)), *(segments for _, segments, _, _ in recordings)]),
    labels=ids,
    scores=np.concatenate([np.zeros(0), *(scores for _, _, scores, _ in recordings)]),
  )
  return Detections(predictions, numbered, predicted)


def _ids(labels: np.ndarray, class_names: Sequence[str], annotations: Annotations) -> np.ndarray:
  """Class ids of the annotations (N,) for labels (N,), indices into `class_names`."""
  if not class_names:
    if len(labels) and not annotations.has_ids:
      raise SubmissionError(f"the detections give class ids only, but {annotations.source} gives class names only")
    return labels
  by_name = {name: label for label, name in annotations.class_names.items()}
  used, inverse = np.unique(labels, return_inverse=True)
  ids = {class_names[k]: by_name.get(class_names[k]) for k in used}
  if annotations.has_ids:  # A class may be named by its id.
    ids |= {name: int(name) for name, label in ids.items() if label is None and name.isdecimal()}
  if unknown := [name for name, label in ids.items() if label is None]:
    raise SubmissionError(
      f"{len(unknown)} classes of the detections are unknown to {annotations.source}: {', '.join(unknown[:3])}; "
      f"it has names such as {', '.join(list(by_name)[:3])}"
    )
  return np.array([ids[class_names[k]] for k in used], int)[inverse]
