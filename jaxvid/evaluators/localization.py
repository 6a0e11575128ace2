"""Evaluates detections on a split: mAP, recall, pictures, diagnosis."""

import dataclasses
import logging
import pathlib
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import numpy as np

from jaxvid import files, progress
from jaxvid.data.pipelines.base import AnyData
from jaxvid.data.store import Split
from jaxvid.evaluation import diagnosis
from jaxvid.evaluation.columns import Column
from jaxvid.evaluation.detections import Detections, valid
from jaxvid.evaluation.predictor import Predictor
from jaxvid.evaluation.split import predict_split
from jaxvid.evaluators.base import Scores
from jaxvid.formats import activitynet_detections
from jaxvid.metrics import annotations, detection, fusion, scoring, submission
from jaxvid.metrics.found import columns
from jaxvid.metrics.protocols import Protocol

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
  """A recording of the split: its N annotated actions and its detections.

  Attributes:
    id: name of the recording.
    duration: seconds.
    segments: (N, 2) seconds.
    labels: (N,) class indices.
    found: detections, best score first.
  """

  id: str
  duration: float
  segments: np.ndarray
  labels: np.ndarray
  found: Detections


@dataclasses.dataclass(frozen=True)
class Evaluator:
  """mAP at temporal IoU thresholds and Recall@kx, by the rules of ActionFormer's evaluator; the section config.eval.

  `jaxvid evaluate` on the written predictions gives the same scores, by the same code.

  Attributes:
    split: the split to score, an alias of the dataset or a TFDS split expression.
    tious: tIoU thresholds in (0, 1].
    recall_at: the k of Recall@kx, in multiples of a recording's number of actions of a class.
    num_drawn: how many recordings detections.png shows, detections beside annotations; 0 for no picture.
    annotations: JSON file of ActivityNet's form to score against, in which `split` is the subset; None for the
      dataset's own annotations. Needed where the model was trained with one class for all actions. Recordings that the
      dataset lacks count as missing.
    remove_duplicates: leave out annotations that repeat another; ActivityNet's own evaluator keeps them.
    score_fusion: file of class scores of whole recordings; these classes replace those of the detections, see
      jaxvid.metrics.fusion. None: no fusion.
    diagnose: also write DETAD's diagnosis into the folder "diagnosis" of the workdir.
  """

  UNIT: ClassVar[str] = "mAP in percent at temporal IoU thresholds"  # Of a study's table.

  split: str = "test"
  tious: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
  recall_at: tuple[int, ...] = (1, 5)
  num_drawn: int = 4
  annotations: str | None = None
  remove_duplicates: bool = True
  score_fusion: str | None = None
  diagnose: bool = False

  def check(self) -> None:
    """Raises FileNotFoundError where `annotations` or `score_fusion` is set and there is no such file."""
    for key in ("annotations", "score_fusion"):
      path = getattr(self, key)
      if path and not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"config.eval.{key}: there is no file {path}. Give another path, or None to do without")

  def run(
    self, predictor: Predictor, variables: Any, source: Split, data: AnyData, workdir: str, draw: bool = True
  ) -> Scores:
    """Scores the split; writes predictions.json, scores.json and, with `draw`, detections.png into `workdir`.

    predictions.json is in ActivityNet's submission format: seconds and class names, best score first; after score
    fusion there is also predictions_fused.json. Returns the scores as fractions: {"average_mAP": x, "mAP": {"0.30": x,
    ...}, "recall": {"1x": {...}, ...}, "per_class": ..., "partial": ...}.
    """
    rows = predict_split(predictor, variables, source, data, _keep, unit="recording")
    recordings = [Recording(**row["truth"], found=Detections(**row["found"])) for row in rows]
    result, fused = self._score(recordings, source.class_names)
    scores = result.to_dict()
    if jax.process_index() == 0:
      folder = pathlib.Path(workdir)
      found = [(recording.id, *recording.found) for recording in recordings]
      activitynet_detections.write(folder / "predictions.json", found, source.class_names)
      if fused:
        files.write_json(folder / "predictions_fused.json", {"version": "1.0", "results": fused})
      files.write_json(folder / "scores.json", scores)
      progress.write(result.format(per_class=True))
      if draw and self.num_drawn:
        _draw(folder / "detections.png", recordings[: self.num_drawn], source.class_names)
      if draw and self.diagnose:
        diagnosis.write(folder / "diagnosis", result)
        _LOG.info("Diagnosis: %s", folder / "diagnosis")
    return scores

  def summary(self, scores: Scores) -> dict[str, float]:
    """Scores for the curves: "average_mAP", "mAP@0.30", "recall@1x@0.30", ..."""
    curves = {"average_mAP": scores["average_mAP"]}
    curves |= {f"mAP@{tiou}": value for tiou, value in scores["mAP"].items()}
    return curves | {f"recall@{k}@{tiou}": value for k, row in scores["recall"].items() for tiou, value in row.items()}

  def score(self, scores: Scores) -> float:
    """The average mAP."""
    return scores["average_mAP"]

  def columns(self, num_classes: int | None) -> dict[str, Column]:
    """Columns of a study's table: one a tIoU threshold, such as "0.5", and "average"."""
    columns = {str(tiou): Column(f"mAP@{tiou}", f"mAP@{tiou:.2f}") for tiou in self.tious}
    return columns | {"average": Column("average mAP", "average_mAP")}

  def _score(
    self, recordings: Sequence[Recording], class_names: Sequence[str]
  ) -> tuple[scoring.Result, dict[str, list[dict[str, Any]]] | None]:
    """Scores the detections; also returns those after score fusion, in ActivityNet's format, or None without fusion."""
    if self.annotations:
      target = annotations.read(self.annotations, (self.split,), self.remove_duplicates)
    else:
      target = annotations.make(
        source="the dataset",
        recordings=[recording.id for recording in recordings],
        durations=[recording.duration for recording in recordings],
        segments=[recording.segments for recording in recordings],
        labels=[recording.labels for recording in recordings],
        class_names=dict(enumerate(class_names)),
        remove_duplicates=self.remove_duplicates,
      )
    detections = [(recording.id, *recording.found) for recording in recordings]
    found, fused = columns(detections, class_names, target, ignore_labels=bool(self.score_fusion)), None
    if self.score_fusion:
      found = fusion.fuse(found, fusion.read_video_scores(self.score_fusion, target))
      fused = submission.to_results(found, target)
    rules = Protocol("ActionFormer", (self.split,), tuple(self.tious), tuple(self.recall_at), self.remove_duplicates)
    return scoring.score(target, found, rules), fused


def _keep(record: dict[str, Any], candidates: Any) -> dict[str, Any]:
  """Row of a recording: its annotated actions and its detections, as `Recording` takes them."""
  segments, labels = np.asarray(record["segments"]), np.asarray(record["labels"])
  return {
    "truth": {"id": record["id"], "duration": float(record["duration"]), "segments": segments, "labels": labels},
    "found": valid(candidates)._asdict(),
  }


def _draw(path: pathlib.Path, recordings: Sequence[Recording], class_names: Sequence[str]) -> None:
  """Draws the detections of some recordings beside their annotations."""
  from jaxvid.viz import timeline  # Here, not above: matplotlib is slow to import.

  drawn = []
  for recording in recordings:
    segments, labels = detection.remove_duplicate_annotations(recording.segments, recording.labels)
    # The best detections, twice as many as there are actions: more would hide each other in the picture.
    shown = recording.found.top(2 * max(len(labels), 1))
    drawn.append(
      timeline.Timeline(
        id=recording.id,
        duration=recording.duration,
        truth_segments=segments,
        truth_labels=labels.astype(int),
        segments=shown.segments.astype(float),
        scores=shown.scores.astype(float),
        labels=shown.labels.astype(int),
        num_found=len(recording.found.labels),
      )
    )
  timeline.draw(path, drawn, class_names)
  _LOG.info("Detections beside annotations: %s", path)
