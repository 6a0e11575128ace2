"""Detections of a whole split, scored and written down."""

import dataclasses
import logging
import pathlib
from typing import Any

import jax
import numpy as np
from tqdm import tqdm

from jaxvid import files
from jaxvid.data.pipelines.sequences import Data
from jaxvid.data.store import Split
from jaxvid.evaluation import diagnosis, predictor
from jaxvid.evaluation.gather import gather
from jaxvid.metrics import annotations, detection, fusion, scoring, submission
from jaxvid.metrics.protocols import Protocol
from jaxvid.models.localization.network import Network
from jaxvid.tasks.localization import Task

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass
class Evaluator:
  """mAP at temporal IoU thresholds, and Recall@kx, as ActionFormer's evaluator has them; the section config.eval.

  `python -m jaxvid.evaluate` on the predictions that are written gives the same scores: it is the same code.

  Attributes:
    split: of the dataset, to evaluate on.
    tious: thresholds.
    recall_at: the k of Recall@kx, in multiples of a recording's number of actions of a class.
    num_drawn: recordings in the picture of detections against truth; 0 for none.
    annotations: a JSON file of ActivityNet's form to score against, its subset of the name of `split`; None for the
      dataset's own annotations. A model that knows one class only is scored so, and the recordings that the dataset
      lacks count as missing.
    remove_duplicates: leave out annotations that repeat another; ActivityNet's own evaluator does not.
    score_fusion: a file of classes of whole recordings that replace those of the detections, see jaxvid.metrics.fusion;
      None for no fusion.
    diagnose: also write DETAD's diagnosis, into the folder "diagnosis".
  """

  split: str = "test"
  tious: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
  recall_at: tuple[int, ...] = (1, 5)
  num_drawn: int = 4
  annotations: str | None = None
  remove_duplicates: bool = True
  score_fusion: str | None = None
  diagnose: bool = False

  def check(self) -> None:
    """Refuses files that are not there: before a training rather than after it."""
    for key in ("annotations", "score_fusion"):
      path = getattr(self, key)
      if path and not pathlib.Path(path).is_file():
        raise FileNotFoundError(f"config.eval.{key}: there is no file {path}; name another, or None to do without")

  def run(
    self,
    network: Network,
    task: Task,
    variables: Any,
    source: Split,
    data: Data,
    workdir: str,
    draw: bool = True,
  ) -> dict[str, Any]:
    """Scores the split; writes predictions.json, scores.json and, with `draw`, detections.png into `workdir`.

    predictions.json is in ActivityNet's submission format: seconds and class names, best first; what score fusion makes
    of it is predictions_fused.json. Returns the scores as fractions: {"average_mAP": x, "mAP": {"0.30": x, ...},
    "recall": {"1x": {...}, ...}, "per_class": ..., "partial": ...}.
    """
    found, truth = [], []
    for record, predictions in self._predict(network, task, variables, source, data):
      found.append(dict(predictions, id=record["id"]))
      fields = {name: np.asarray(record[name]).tolist() for name in ("duration", "segments", "labels")}
      truth.append(dict(fields, id=record["id"]))
    found, truth = gather(found), gather(truth)

    results = {recording["id"]: predictor.rows(recording, source.class_names) for recording in found}
    result, fused = self._score(results, truth, source.class_names)
    scores = result.to_dict()
    if jax.process_index() == 0:
      folder = pathlib.Path(workdir)
      predictor.write_submission(
        folder / "predictions.json", [(recording["id"], recording) for recording in found], source.class_names
      )
      if fused:
        files.write_json(folder / "predictions_fused.json", {"version": "1.0", "results": fused})
      files.write_json(folder / "scores.json", scores)
      tqdm.write(result.format(per_class=True))
      if draw and self.num_drawn:
        self._draw(folder / "detections.png", found, truth, source.class_names)
      if draw and self.diagnose:
        diagnosis.write(folder / "diagnosis", result)
        _LOG.info("diagnosis: %s", folder / "diagnosis")
    return scores

  def summary(self, scores: dict[str, Any]) -> dict[str, float]:
    """The numbers worth a curve."""
    curves = {"average_mAP": scores["average_mAP"]}
    curves |= {f"mAP@{tiou}": value for tiou, value in scores["mAP"].items()}
    return curves | {f"recall@{k}@{tiou}": value for k, row in scores["recall"].items() for tiou, value in row.items()}

  def score(self, scores: dict[str, Any]) -> float:
    """The one number by which a checkpoint is the best."""
    return scores["average_mAP"]

  def _score(self, results, truth, class_names):
    """The Result of the detections, and the fused ones in ActivityNet's format where there is a fusion."""
    if self.annotations:
      target = annotations.read(self.annotations, (self.split,), self.remove_duplicates)
    else:
      columns = ([record[name] for record in truth] for name in ("id", "duration", "segments", "labels"))
      target = annotations.make("the dataset", *columns, dict(enumerate(class_names)), self.remove_duplicates)
    submitted = submission.Submission("the detections", results, is_epic=False)
    found, fused = submission.detections(submitted, target, labels="none" if self.score_fusion else "known"), None
    if self.score_fusion:
      found = fusion.fuse(found, target, fusion.read_video_scores(self.score_fusion, target))
      fused = submission.to_results(found, target)
    rules = Protocol("ActionFormer", (self.split,), tuple(self.tious), tuple(self.recall_at), self.remove_duplicates)
    return scoring.score(target, found, rules), fused

  def _predict(self, network, task, variables, source, data):
    """(record, detections as plain lists) of this process's recordings, on one of its devices."""
    if not hasattr(self, "_predictor"):  # One however often `run` is called, so that programs are compiled once.
      self._predictor = predictor.Predictor(network, task)
    examples = data.eval_examples(source, jax.process_index(), jax.process_count())
    num_examples = -(-(len(source) - jax.process_index()) // jax.process_count())
    return tqdm(
      self._predictor.run(variables, examples), total=num_examples, desc="evaluate", unit="recording", leave=False
    )

  def _draw(self, path, found, truth, class_names):
    from jaxvid.viz import timeline  # Here, not above: matplotlib is slow to import.

    drawn = []
    for predictions, record in list(zip(found, truth))[: self.num_drawn]:
      segments, labels = detection.remove_duplicate_annotations(record["segments"], record["labels"])
      # As many detections as a reader can take in: the best ones, twice as many as there are actions.
      shown = slice(0, 2 * max(len(labels), 1))
      drawn.append(
        timeline.Timeline(
          id=record["id"],
          duration=record["duration"],
          truth_segments=segments,
          truth_labels=labels.astype(int),
          segments=_segments(predictions["segments"][shown]),
          scores=np.array(predictions["scores"][shown]),
          labels=np.array(predictions["labels"][shown], int),
          num_found=len(predictions["labels"]),
        )
      )
    timeline.draw(path, drawn, class_names)
    _LOG.info("detections against truth: %s", path)


def _segments(rows):
  return np.asarray(rows, float).reshape(-1, 2)
