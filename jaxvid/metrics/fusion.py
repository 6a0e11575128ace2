"""Score fusion: segments from a detector, classes from a classifier of whole recordings.

ActivityNet's recordings mostly show one class, which a classifier of the recording tells better than a detector does.
So ActionFormer and TriDet detect actions of no particular class there, and give each of a recording's best 200 segments
each of its best 2 classes, with the score sqrt(p_segment * p_class).
"""

import os
from collections.abc import Mapping

import numpy as np

from jaxvid.formats import video_scores
from jaxvid.metrics import ties
from jaxvid.metrics.actions import Predictions, take
from jaxvid.metrics.annotations import Annotations, other_name
from jaxvid.metrics.submission import Detections

VideoScores = Mapping[str, tuple[np.ndarray, np.ndarray]]


class FusionError(ValueError):
  """Class scores of recordings do not fit the detections or the annotations; the message says where."""


def read_video_scores(path: str | os.PathLike, annotations: Annotations) -> VideoScores:
  """Reads a classifier's scores: recording -> class ids of the annotations (K,) and scores (K,).

  Args:
    path: file of a form that jaxvid.formats.video_scores reads.
    annotations: classes are named as there; scores without names are in the order of their class ids.

  Raises:
    FormatError: the file has none of these forms.
    FusionError: it names a class that the annotations lack, or has another number of scores than there are classes.
  """
  read = video_scores.read(path)
  ids = {name: label for label, name in annotations.class_names.items()}
  if unknown := sorted(read.classes().difference(ids)):
    raise FusionError(
      f"{path}: {len(unknown)} classes are unknown to {annotations.source}, such as {unknown[0]!r}. Give "
      "annotations of the dataset that the classifier was trained on."
    )
  if read.order is not None:
    positions = [ids[name] for name in read.order]
  else:
    positions = list(annotations.class_names) if annotations.has_ids else None
  found = {}
  for recording, scores in read.scores.items():
    if isinstance(scores, dict):
      found[recording] = np.array([ids[name] for name in scores], int), np.array(list(scores.values()), float)
      continue
    if positions is None:
      raise FusionError(f'{path}: {recording}: a list of scores needs a "class", the class names in the same order')
    if len(scores) != len(positions):
      raise FusionError(f"{path}: {recording}: {len(scores)} scores for {len(positions)} classes")
    found[recording] = np.array(positions), np.array(scores, float)
  return found


def fuse(
  detections: Detections,
  video_scores: VideoScores,
  num_segments: int = 200,
  num_classes: int = 2,
) -> Detections:
  """Gives the best segments of each recording the recording's best classes.

  Args:
    detections: their labels are replaced.
    video_scores: as `read_video_scores` returns them, for every recording with detections; names may differ by
      ActivityNet's prefix "v_".
    num_segments: how many of a recording's segments are kept, best scores first.
    num_classes: how many classes each segment gets, best scores first.

  Returns:
    Up to num_segments * num_classes detections a recording: recordings in alphabetical order, then best class first.

  Raises:
    FusionError: a recording with detections has no scores.
  """
  # Rows by recording, best score first: recording i has best[ends[i] : ends[i + 1]].
  predictions = detections.predictions
  best = ties.published_order(predictions.scores, predictions.video)
  ends = np.searchsorted(predictions.video[best], np.arange(len(detections.recordings) + 1))
  parts, without = [], []
  for name, video in sorted((name, i) for i, name in enumerate(detections.recordings)):
    rows = best[ends[video] : ends[video + 1]][:num_segments]
    scores = video_scores.get(name, video_scores.get(other_name(name)))
    if not len(rows):
      continue
    if scores is None:
      without.append(name)
      continue
    classes, class_scores = scores
    top = ties.published_order(class_scores, np.zeros(len(class_scores), int))[:num_classes]
    # Every kept segment once for each of the best classes.
    fused = take(predictions, np.tile(rows, len(top)))
    parts.append(
      (
        fused.video,
        fused.segments,
        np.repeat(classes[top], len(rows)),
        np.sqrt(np.repeat(class_scores[top], len(rows)) * fused.scores),
      )
    )
  if without:
    raise FusionError(
      f"{len(without)} recordings with detections have no class scores: {', '.join(without[:3])}"
      f"{', ...' if len(without) > 3 else ''}"
    )
  columns = [np.concatenate(column) for column in zip(*parts)] or [[], [], np.zeros(0, int), []]
  return Detections(Predictions(*columns), detections.recordings, detections.predicted)
