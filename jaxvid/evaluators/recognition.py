"""Scores of clip classification over a split."""

import dataclasses
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from tqdm import tqdm

from jaxvid import files
from jaxvid.evaluation import predictor
from jaxvid.evaluation.gather import gather
from jaxvid.metrics import classification
from jaxvid.tasks.base import AnyTask

_LOG = logging.getLogger(__name__)
_NUM_WRITTEN = 5  # Classes a clip in predictions.json.


@dataclasses.dataclass
class Evaluator:
  """The section config.eval.

  Attributes:
    split: what to score on: an alias of the dataset or a TFDS split expression.
    top: the k of top-k accuracy.
    batch_size: clips that go through the network at a time, each with all its views.
    draw_confusion: the confusion matrix as a picture.
    keep_features: also write features.npz: pooled features (N, C), probabilities (N, K), labels (N,), ids and the K
      names of the classes, for `jaxvid.embed` and `jaxvid.fuse`.
  """

  split: str = "test"
  top: tuple[int, ...] = (1, 5)
  batch_size: int = 8
  draw_confusion: bool = True
  keep_features: bool = True

  def __post_init__(self):
    if self.batch_size < 1 or not self.top or min(self.top) < 1:
      raise ValueError(f"batch_size {self.batch_size} and top {self.top}: must be 1 or more")

  def check(self) -> None:
    """Nothing here can be wrong before a training and right after it."""

  def run(
    self, network: nn.Module, task: AnyTask, variables: Any, source: Any, data: Any, workdir: str, draw: bool = True
  ) -> dict[str, Any]:
    """Scores the split; writes predictions.json, scores.json and, with `draw`, confusion.png into `workdir`.

    predictions.json is in ActivityNet's format for classification: the most probable classes of each clip, best first.
    Returns the scores as fractions: {"top1": x, "top5": x, "mean_class_accuracy": x, "per_class": ...}.
    """
    found = gather(list(self._predict(network, task, variables, source, data)))
    probabilities = np.array([clip["probabilities"] for clip in found])
    labels = np.array([clip["label"] for clip in found])
    result = classification.score(probabilities, labels, source.class_names, self.top)
    scores = result.to_dict()
    if jax.process_index() == 0:
      folder = pathlib.Path(workdir)
      rows = {clip["id"]: best_classes(clip["probabilities"], source.class_names, _NUM_WRITTEN) for clip in found}
      files.write_json(folder / "predictions.json", {"version": "1.0", "results": rows})
      files.write_json(folder / "scores.json", scores)
      tqdm.write(result.format())
      if draw and self.keep_features:
        kept = {
          "features": np.array([clip["pooled"] for clip in found], np.float32),
          "probabilities": probabilities.astype(np.float32),
          "labels": labels,
          "ids": [clip["id"] for clip in found],
          "class_names": source.class_names,
        }
        with files.replacing(folder / "features.npz") as temporary:
          np.savez(temporary, **kept)
      if draw and self.draw_confusion:
        from jaxvid.viz import confusion  # Here, not above: matplotlib is slow to import.

        confusion.draw(folder / "confusion.png", result.confusion, source.class_names)
        _LOG.info("who is taken for whom: %s", folder / "confusion.png")
    return scores

  def summary(self, scores: dict[str, Any]) -> dict[str, float]:
    """The numbers worth a curve."""
    return {name: value for name, value in scores.items() if isinstance(value, float)}

  def score(self, scores: dict[str, Any]) -> float:
    """The one number by which a checkpoint is the best."""
    return scores[f"top{min(self.top)}"]

  def _predict(self, network, task, variables, source, data) -> Iterator[dict[str, Any]]:
    """A dict of plain values for each of this process's clips, computed on one of its devices."""
    if not hasattr(self, "_predictor"):  # One however often `run` is called, so that programs are compiled once.
      self._predictor = predictor.Predictor(network, task, plain=lambda predictions: predictions)
    examples = data.eval_examples(source, jax.process_index(), jax.process_count())
    num_clips = -(-(len(source) - jax.process_index()) // jax.process_count())
    for record, found in self._predictor.each(variables, examples, self.batch_size, num_clips, "clip"):
      yield {
        "id": record["id"],
        "label": int(record["label"]),
        "probabilities": found.probabilities.tolist(),
        "pooled": found.pooled.tolist(),
      }


def best_classes(probabilities: Any, class_names: list[str], count: int) -> list[dict[str, Any]]:
  """[{"label": NAME, "score": x}, ...], most probable first."""
  order = np.argsort(-np.asarray(probabilities), kind="stable")[:count]
  return [{"label": class_names[k] if class_names else int(k), "score": float(probabilities[k])} for k in order]
