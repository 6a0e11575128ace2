"""Detections from a localization head's scores and offsets: thresholds, suppression, voting."""

import dataclasses

from jaxvid.models.localization.outputs import LocalizationOutputs
from jaxvid.ops import nms
from jaxvid.ops.decode import Candidates, decode
from jaxvid.ops.points import Points


@dataclasses.dataclass(frozen=True)
class Detection:
  """The section config.task.detection. Lengths are in grid units.

  Attributes:
    pre_nms_score: (point, class) pairs that score higher become candidates.
    pre_nms_top_k: most candidates of a level.
    min_length: candidates must be longer.
    nms: "soft", "hard" or "none".
    sigma, iou_threshold, min_score: see jaxvid.ops.nms.suppress.
    max_detections: of a recording.
    multiclass: suppress each class on its own; False suppresses across classes and then votes.
    voting_threshold: tIoU above which candidates vote on a detection's boundaries (class-agnostic only); 0 for no
      voting.
    voting_weight: "score_iou" (ActionFormer) or "score" (TriDet).
  """

  pre_nms_score: float = 0.001
  pre_nms_top_k: int = 2000
  min_length: float = 0.05
  nms: str = "soft"
  sigma: float = 0.5
  iou_threshold: float = 0.1
  min_score: float = 0.001
  max_detections: int = 200
  multiclass: bool = True
  voting_threshold: float = 0.7
  voting_weight: str = "score_iou"

  def __post_init__(self):
    if self.nms not in nms.METHODS:
      raise ValueError(f"detection.nms: {self.nms!r} is none of {', '.join(nms.METHODS)}")

  def detect(self, outputs: LocalizationOutputs, points: Points, num_classes: int) -> Candidates:
    """The detections of one recording (outputs without the batch axis), best first, in grid units."""
    candidates = decode(
      points,
      outputs.scores(),
      outputs.offsets_at,
      outputs.masks,
      min_score=self.pre_nms_score,
      top_k=self.pre_nms_top_k,
      min_length=self.min_length,
    )
    found = nms.suppress(
      candidates,
      method=self.nms,
      max_detections=self.max_detections,
      min_score=self.min_score,
      num_classes=num_classes,
      sigma=self.sigma,
      iou_threshold=self.iou_threshold,
      multiclass=self.multiclass,
    )
    if self.nms != "none" and not self.multiclass and self.voting_threshold > 0:
      found = nms.vote(found, candidates, iou_threshold=self.voting_threshold, weight=self.voting_weight)
    return found
