"""Evaluates action anticipation on a split: top-k accuracy and class-mean recall at k."""

import dataclasses
import logging
import pathlib
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import numpy as np

from jaxvid import files, progress
from jaxvid.data.pipelines.windows import Data
from jaxvid.data.store import Split
from jaxvid.evaluation.columns import Column
from jaxvid.evaluation.predictor import Predictor
from jaxvid.evaluation.split import predict_split
from jaxvid.evaluators.base import Scores
from jaxvid.formats import epic_anticipation
from jaxvid.metrics import anticipation
from jaxvid.metrics.classification import best_classes

_LOG = logging.getLogger(__name__)
_NUM_WRITTEN = 5  # Actions written for each observation window in predictions.json.


@dataclasses.dataclass(frozen=True)
class Evaluator:
  """Top-k accuracy and class-mean recall at k of the next action; the section config.eval.

  A window is an observation window.

  Attributes:
    split: the split to score, an alias of the dataset or a TFDS split expression.
    recall_at: the k of class-mean recall.
    top: the k of top-k accuracy.
    batch_size: windows a batch.
    best_by: score of the actions that chooses the best checkpoint: "recall" or "top1".
    submission: also write submission.json for EPIC-Kitchens-100's challenge; needs its verbs, nouns and segment ids.
    sls: levels of supervision that submission.json declares: pre-training, training labels, training data (see
      jaxvid.formats.epic_anticipation). Default: a model on features of a network pre-trained on images.
  """

  UNIT: ClassVar[str] = "Shares of the test windows in percent"  # Of a study's table.

  split: str = "test"
  recall_at: int = 5
  top: tuple[int, ...] = (1, 5)
  batch_size: int = 64
  best_by: str = "recall"
  submission: bool = False
  sls: tuple[int, int, int] = (1, 3, 3)

  def __post_init__(self) -> None:
    if min(self.batch_size, self.recall_at) < 1 or not self.top or min(self.top) < 1:
      raise ValueError(f"batch_size {self.batch_size}, recall_at {self.recall_at}, top {self.top}: must be 1 or more")
    if self.best_by not in ("recall", "top1") or (self.best_by == "top1" and 1 not in self.top):
      raise ValueError(f'best_by {self.best_by!r} with top {self.top}: must be "recall", or "top1" with 1 in top')
    epic_anticipation.check_levels(self.sls)

  def check(self) -> None:
    """No input files to check."""

  def run(
    self, predictor: Predictor, variables: Any, source: Split, data: Data, workdir: str, draw: bool = True
  ) -> Scores:
    """Scores the split; writes predictions.json, scores.json and, if set, submission.json into `workdir`.

    predictions.json holds the most probable actions of each window, best first; keys are segment ids or, for windows
    without one, "VIDEO@START". `draw` has no effect. Returns the scores of jaxvid.metrics.anticipation as fractions:
    {"verb": ..., "noun": ..., "action": {"top1", "recall5", ...}, "subsets": {NAME: ...}, "num_dropped": n}.

    Raises:
      ValueError: the split has no windows, or `submission` is set and the dataset is not EPIC-Kitchens-100's.
    """
    # A dataset that cannot be submitted is refused before the network runs.
    metadata = source.metadata.get("anticipation", {})
    if self.submission and not ("action_verb" in metadata and "action_noun" in metadata):
      raise ValueError(
        "config.eval.submission: the dataset's metadata have no anticipation.action_verb and action_noun; a submission "
        "to EPIC-Kitchens-100's challenge needs verbs and nouns. Set it to False"
      )

    # Predictions for all windows, in the dataset's order, and their scores.
    windows = predict_split(predictor, variables, source, data, _keep, unit="window", batch_size=self.batch_size)
    if not windows:
      raise ValueError(f"config.eval.split: {self.split} has no windows to score")
    windows.sort(key=lambda window: window["index"])
    action, verb, noun = (_column(windows, part) for part in ("action", "verb", "noun"))
    segment_ids = [window["segment_id"] for window in windows]
    result = anticipation.score(
      action,
      np.array([window["label"] for window in windows]),
      metadata,
      verb=verb,
      noun=noun,
      segment_ids=segment_ids,
      top=self.top,
      recall_at=self.recall_at,
    )

    # One process writes the files.
    num_dropped = int(data.num_dropped(source))
    scores = {**result.to_dict(), "num_dropped": num_dropped}
    if jax.process_index() == 0:
      folder = pathlib.Path(workdir)
      # Windows with the same VIDEO@START are equal and have the same predictions, so one entry stands for them.
      rows = {_name(window): best_classes(window["action"], source.class_names, _NUM_WRITTEN) for window in windows}
      files.write_json(folder / "predictions.json", {"version": "1.0", "results": rows})
      files.write_json(folder / "scores.json", scores)
      progress.write(result.format())
      if num_dropped:
        progress.write(f"{num_dropped:,} windows without enough past were left out")
      if self.submission:
        path = folder / "submission.json"
        self._submit(path, segment_ids, action, verb, noun, metadata)
        if num_dropped:
          _LOG.warning(
            "%s lacks %d segments without enough past, and the challenge refuses incomplete files; set "
            "config.data.short=mask", path, num_dropped,
          )  # fmt: skip
    return scores

  def summary(self, scores: Scores) -> dict[str, float]:
    """Scores for the curves: "action_recall5", "verb_top1", "unseen_action_recall5", ..."""
    return anticipation.flatten(scores)

  def score(self, scores: Scores) -> float:
    """Class-mean recall of the actions or, with best_by "top1", their top-1 accuracy."""
    return scores["action"]["top1" if self.best_by == "top1" else f"recall{self.recall_at}"]

  def columns(self, num_classes: int | None) -> dict[str, Column]:
    """Columns of a study's table, for verbs, nouns and actions: "action_top1", "action_recall5", ..."""
    names = {f"top{k}": f"top-{k}" for k in self.top}
    names |= {f"recall{self.recall_at}": f"class-mean recall@{self.recall_at}"}
    names |= {"mean_class_accuracy": "mean class accuracy"}
    return {
      f"{part}_{name}": Column(f"{part} {heading}", f"{part}_{name}")
      for part in anticipation.PARTS
      for name, heading in names.items()
    }

  def _submit(
    self,
    path: pathlib.Path,
    segment_ids: list[str],
    action: np.ndarray,
    verb: np.ndarray | None,
    noun: np.ndarray | None,
    metadata: Mapping[str, Any],
  ) -> None:
    """Writes the challenge's file to `path`; verbs or nouns that are not predicted are sums over actions."""
    of_verb, of_noun = metadata["action_verb"], metadata["action_noun"]
    if verb is None:
      verb = anticipation.marginalise(action, of_verb, epic_anticipation.NUM_VERBS)
    if noun is None:
      noun = anticipation.marginalise(action, of_noun, epic_anticipation.NUM_NOUNS)
    try:
      submission = epic_anticipation.build(segment_ids, action, verb, noun, of_verb, of_noun, self.sls)
    except ValueError as error:
      raise ValueError(f"config.eval.submission: {error}. Is {self.split} a split of EPIC-Kitchens-100?") from error
    files.write_text(path, epic_anticipation.to_text(submission))


def _column(windows: list[dict[str, Any]], part: str) -> Any:
  """Probabilities (N, K) of a part (verb, noun or action); None where the network does not predict it."""
  return None if windows[0][part] is None else np.array([window[part] for window in windows])


def _keep(record: dict[str, Any], found: Any) -> dict[str, Any]:
  """Row of a window: where it is, its label and the probabilities of verbs, nouns and actions."""
  return {
    "id": record["id"],
    "segment_id": record["segment_id"],
    "index": int(record["index"]),
    "time": float(record["time"]),
    "label": int(record["label"]),
    **{part: getattr(found, part) for part in anticipation.PARTS},
  }


def _name(window: dict[str, Any]) -> str:
  """Key of a window in predictions.json: its segment id or "VIDEO@START", seconds."""
  return window["segment_id"] or f"{window['id']}@{window['time']:.3f}"
