"""Evaluates clip classification on a split: accuracies and the confusion matrix."""

import dataclasses
import logging
import pathlib
from typing import Any, ClassVar

import jax
import numpy as np

from jaxvid import files, progress
from jaxvid.data.pipelines.base import AnyData
from jaxvid.data.store import Split
from jaxvid.evaluation.columns import Column
from jaxvid.evaluation.predictor import Predictor
from jaxvid.evaluation.split import predict_split
from jaxvid.evaluators.base import Scores
from jaxvid.metrics import classification

_LOG = logging.getLogger(__name__)
_NUM_WRITTEN = 5  # Classes written for each clip in predictions.json.


@dataclasses.dataclass(frozen=True)
class Evaluator:
  """Top-k and mean class accuracy of clips; the section config.eval.

  Attributes:
    split: the split to score, an alias of the dataset or a TFDS split expression.
    top: the k of top-k accuracy.
    batch_size: clips a batch, each with all its views.
    draw_confusion: also draw the confusion matrix, confusion.png.
    keep_features: also write features.npz for `jaxvid embed` and `jaxvid fuse`: pooled features (N, C), probabilities
      (N, K), labels (N,), ids (N,) and the K class names.
  """

  UNIT: ClassVar[str] = "Shares of the test clips in percent"  # Of a study's table.

  split: str = "test"
  top: tuple[int, ...] = (1, 5)
  batch_size: int = 8
  draw_confusion: bool = True
  keep_features: bool = True

  def __post_init__(self) -> None:
    if self.batch_size < 1 or not self.top or min(self.top) < 1:
      raise ValueError(f"batch_size {self.batch_size} and top {self.top}: must be 1 or more")

  def check(self) -> None:
    """No input files to check."""

  def run(
    self, predictor: Predictor, variables: Any, source: Split, data: AnyData, workdir: str, draw: bool = True
  ) -> Scores:
    """Scores the split; writes predictions.json, scores.json and, with `draw`, features.npz and confusion.png.

    predictions.json is in ActivityNet's format for classification: the most probable classes of each clip, best first.
    Returns the scores as fractions: {"top1": x, "top5": x, "mean_class_accuracy": x, "per_class": ...}.
    """
    clips = predict_split(predictor, variables, source, data, _keep, unit="clip", batch_size=self.batch_size)
    ids, class_names = [clip["id"] for clip in clips], source.class_names
    labels, probabilities = (np.array([clip[name] for clip in clips]) for name in ("label", "probabilities"))
    result = classification.score(probabilities, labels, class_names, self.top)
    scores = result.to_dict()
    if jax.process_index() == 0:
      folder = pathlib.Path(workdir)
      best = [classification.best_classes(row, class_names, _NUM_WRITTEN) for row in probabilities]
      files.write_json(folder / "predictions.json", {"version": "1.0", "results": dict(zip(ids, best))})
      files.write_json(folder / "scores.json", scores)
      progress.write(result.format())
      if draw and self.keep_features:
        pooled = np.array([clip["pooled"] for clip in clips], np.float32)
        with files.replacing(folder / "features.npz") as temporary:
          np.savez(
            temporary,
            features=pooled,
            probabilities=probabilities.astype(np.float32),
            labels=labels,
            ids=ids,
            class_names=class_names,
          )
      if draw and self.draw_confusion:
        from jaxvid.viz import confusion  # Here, not above: matplotlib is slow to import.

        confusion.draw(folder / "confusion.png", result.confusion, class_names)
        _LOG.info("Confusion matrix: %s", folder / "confusion.png")
    return scores

  def summary(self, scores: Scores) -> dict[str, float]:
    """Scores for the curves: "top1", "mean_class_accuracy", ..."""
    return {name: value for name, value in scores.items() if isinstance(value, float)}

  def score(self, scores: Scores) -> float:
    """The top-k accuracy of the smallest k."""
    return scores[f"top{min(self.top)}"]

  def columns(self, num_classes: int | None) -> dict[str, Column]:
    """Columns of a study's table: "top1", "top5" and so on, up to the number of classes, and "mean_class_accuracy"."""
    tops = [k for k in self.top if num_classes is None or k <= num_classes]
    columns = {f"top{k}": Column(f"top-{k}", f"top{k}") for k in tops}
    return columns | {"mean_class_accuracy": Column("mean class accuracy", "mean_class_accuracy")}


def _keep(record: dict[str, Any], found: Any) -> dict[str, Any]:
  """Row of a clip: its id and label, class probabilities (K,) and pooled features (C,)."""
  return {
    "id": record["id"],
    "label": int(record["label"]),
    "probabilities": found.probabilities,
    "pooled": found.pooled,
  }
