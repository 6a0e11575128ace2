"""Scores detections against annotations by a protocol, with notes on missing recordings and ignored detections."""

import dataclasses
from typing import Any

import numpy as np

from jaxvid.metrics import detection, protocols
from jaxvid.metrics.actions import Predictions
from jaxvid.metrics.annotations import Annotations
from jaxvid.metrics.detection import DetectionScores
from jaxvid.metrics.protocols import Protocol
from jaxvid.metrics.submission import Detections


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
  """Scores of a split, with all that they were computed from.

  Attributes:
    scores: average precision and recall.
    annotations, detections, protocol: the arguments of `score`.
    predictions: those of `detections`; under a legacy protocol with the class ids that it compares.
  """

  scores: DetectionScores
  annotations: Annotations
  detections: Detections
  protocol: Protocol
  predictions: Predictions

  @property
  def missing(self) -> list[str]:
    """Recordings of the annotations that the detections lack."""
    return [name for name, there in zip(self.annotations.recordings, self.detections.predicted) if not there]

  def counts(self) -> dict[str, int]:
    """Number of detections, and of those that can be no true positives, by reason."""
    predictions, truth = self.predictions, self.annotations.ground_truth
    return {
      "total": len(predictions.labels),
      "in_unknown_recordings": int(np.sum(predictions.video >= len(self.annotations.recordings))),
      "of_classes_without_annotations": int(np.sum(~np.isin(predictions.labels, truth.labels))),
      "not_forward_in_time": int(np.sum(predictions.segments[:, 1] <= predictions.segments[:, 0])),
    }

  def to_dict(self) -> dict[str, Any]:
    """Plain values for JSON: scores as fractions, missing recordings, counts, and the protocol."""
    annotated = len(self.annotations.recordings)
    return {
      **self.scores.to_dict(self.annotations.class_names),
      "partial": bool(self.missing),
      "recordings": {"annotated": annotated, "predicted": annotated - len(self.missing), "missing": self.missing},
      "annotations": {
        "scored": len(self.annotations.ground_truth.labels),
        "left_out_as_duplicates": self.annotations.num_duplicates,
      },
      "detections": self.counts(),
      "protocol": {
        "evaluator": self.protocol.evaluator,
        "remove_duplicates": self.protocol.remove_duplicates,
        "ties": self.protocol.ties,
        "legacy": self.protocol.legacy,
      },
    }

  def format(self, per_class: bool = False) -> str:
    """A table in percent for the terminal, followed by `notes`."""
    table = detection.format_scores(self.scores, self.annotations.class_names if per_class else None)
    return "\n".join([table, *self.notes()])

  def notes(self) -> list[str]:
    """Lines on what the scores depend on: missing recordings, false positives by reason, the legacy protocol."""
    counts, lines = self.counts(), []
    annotated, missing = len(self.annotations.recordings), self.missing
    if missing:
      lines.append(
        f"PARTIAL: {len(missing)} of {annotated} recordings have no entry among the predictions, so their actions "
        f"count as missed: {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}"
      )
    if counts["in_unknown_recordings"]:
      unknown = np.unique(self.predictions.video[self.predictions.video >= annotated])
      lines.append(
        f"{counts['in_unknown_recordings']} detections in {len(unknown)} recordings that the subset lacks count as "
        f"false positives, as in the public evaluators: {', '.join(self.detections.recordings[i] for i in unknown[:5])}"
        f"{', ...' if len(unknown) > 5 else ''}"
      )
    if counts["of_classes_without_annotations"]:
      lines.append(f"{counts['of_classes_without_annotations']} detections of classes without annotations do not count")
    if counts["not_forward_in_time"]:
      lines.append(f"{counts['not_forward_in_time']} detections end where they start or before (false positives)")
    if self.protocol.legacy:
      lines.append("LEGACY: detections of classes without annotations may count as other classes, as in old evaluators")
    return lines


def score(annotations: Annotations, detections: Detections, protocol: Protocol) -> Result:
  """Scores detections by the rules of `protocol`.

  Raises:
    ValueError: there are no annotations.
  """
  if not len(annotations.ground_truth.labels):
    raise ValueError(f"{annotations.source}: the subset has no annotations to score against")
  predictions = detections.predictions
  if protocol.legacy:
    collided = protocols.collide(predictions.labels, np.unique(annotations.ground_truth.labels))
    predictions = dataclasses.replace(predictions, labels=collided)
  scores = detection.evaluate(annotations.ground_truth, predictions, protocol.tious, protocol.recall_at, protocol.order)
  return Result(scores, annotations, detections, protocol, predictions)
