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
  """Scores of recordings that do not fit the detections or the annotations; the message says which."""


def read_video_scores(path: str | os.PathLike, annotations: Annotations) -> VideoScores:
  """A classifier's scores by recording: the annotations' class ids (K,) and scores (K,).

  Args:
    path: of a file of one of the forms of jaxvid.formats.video_scores.
    annotations: whose classes the file names; numbers without names are in the order of their class ids.

  Raises:
    FormatError: it is of none of the forms.
    FusionError: it names a class that the annotations lack, or has another number of them.
  """
  read = video_scores.read(path)
  ids = {name: label for label, name in annotations.class_names.items()}
  if unknown := sorted(read.classes().difference(ids)):
    raise FusionError(
      f"{path}: {len(unknown)} classes are unknown to {annotations.source}, such as {unknown[0]!r}; give the "
      "annotations of these classes"
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
      raise FusionError(f'{path}: {recording}: lists of numbers need a "class", the names in their order')
    if len(scores) != len(positions):
      raise FusionError(f"{path}: {recording}: {len(scores)} scores for {len(positions)} classes")
    found[recording] = np.array(positions), np.array(scores, float)
  return found


def fuse(
  detections: Detections,
  annotations: Annotations,
  video_scores: VideoScores,
  num_segments: int = 200,
  num_classes: int = 2,
) -> Detections:
  """Gives the best segments of each recording the best classes of it.

  Args:
    detections: whose labels are left aside.
    annotations: whose recordings need scores where they have detections.
    video_scores: of `read_video_scores`; names may differ by ActivityNet's prefix "v_".
    num_segments: of a recording, by score.
    num_classes: of a recording, by score.

  Returns:
    Up to num_segments * num_classes detections a recording; recordings in alphabetical order, the best class first.

  Raises:
    FusionError: if a recording with detections has no scores.
  """
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
      f"{len(without)} recordings with detections have no scores of classes: {', '.join(without[:3])}"
      f"{', ...' if len(without) > 3 else ''}"
    )
  columns = [np.concatenate(column) for column in zip(*parts)] or [[], [], np.zeros(0, int), []]
  return Detections(Predictions(*columns), detections.recordings, detections.predicted)
