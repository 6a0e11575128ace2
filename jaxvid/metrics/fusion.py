"""Score fusion: segments from a detector, classes from a classifier of whole recordings.

ActivityNet's recordings mostly show one class, which a classifier of the recording tells better than a detector does.
So ActionFormer and TriDet detect actions of no particular class there, and give each of a recording's best 200 segments
each of its best 2 classes, with the score sqrt(p_segment * p_class).
"""

import json
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from jaxvid.metrics import ties
from jaxvid.metrics.actions import Predictions, take
from jaxvid.metrics.annotations import Annotations, other_name
from jaxvid.metrics.submission import Detections

VideoScores = Mapping[str, tuple[np.ndarray, np.ndarray]]


class FusionError(ValueError):
  """Scores of recordings that cannot be used; the message names file, field and remedy."""


def read_video_scores(path: str | os.PathLike, annotations: Annotations) -> VideoScores:
  """Reads a classifier's scores: recording -> class ids (K,) and scores (K,).

  The file is a JSON object of recordings, alone or under "results", each with one of
  * a list of numbers, one a class, in the order of the file's "class" (a list of names, as in cuhk_val_simp_share.json)
    or else of the annotations' class ids;
  * [{"label": NAME, "score": p}, ...], ActivityNet's form for classification;
  * {NAME: p, ...};
  * {"class": NAME, "score": p}, where one class is known.

  Raises:
    FusionError: if it is none of these, or names a class that the annotations lack.
    OSError: if it cannot be read.
  """
  try:
    content = json.loads(pathlib.Path(path).read_bytes())
    results = content.get("results", content)
    order = content.get("class") if "results" in content else None
    ids = {name: label for label, name in annotations.class_names.items()}
    if order is None:
      positions = list(annotations.class_names) if annotations.has_ids else None
    else:
      positions = [ids[name] for name in order]
    return {recording: _scores_of(entry, ids, positions) for recording, entry in results.items()}
  except (KeyError, TypeError, ValueError, AttributeError) as error:
    raise FusionError(
      f"{path}: not scores of classes for each recording, or of classes that {annotations.source} does not know "
      f"({type(error).__name__}: {error}); docs/evaluation.md lists the forms"
    ) from error


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


def _scores_of(entry, ids, positions):
  """Class ids (K,) and scores (K,) of a recording's entry."""
  if isinstance(entry, dict):
    pairs = [(entry["class"], entry["score"])] if "class" in entry else list(entry.items())
  elif entry and isinstance(entry[0], dict):
    pairs = [(row["label"], row["score"]) for row in entry]
  else:
    if positions is None:
      raise ValueError('lists of numbers need a "class", the names in their order')
    if len(entry) != len(positions):
      raise ValueError(f"{len(entry)} scores for {len(positions)} classes")
    return np.array(positions), np.array(entry, float)
  return np.array([ids[name] for name, _ in pairs]), np.array([score for _, score in pairs], float)
