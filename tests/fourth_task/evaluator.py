"""Frame accuracy: the share of steps whose label is right."""

import dataclasses
import pathlib
from typing import Any, ClassVar

import jax
import numpy as np

from fourth_task.task import Predictions
from jaxvid import files, progress
from jaxvid.data.pipelines.base import AnyData
from jaxvid.data.store import Split
from jaxvid.evaluation.columns import Column
from jaxvid.evaluation.predictor import Predictor
from jaxvid.evaluation.split import predict_split
from jaxvid.evaluators.base import Scores


@dataclasses.dataclass(frozen=True)
class Evaluator:
  """The section config.eval.

  Attributes:
    split: what to score on.
  """

  UNIT: ClassVar[str] = "Shares of the test steps in percent"

  split: str = "test"

  def check(self) -> None:
    """No input files to check."""

  def run(
    self, predictor: Predictor, variables: Any, source: Split, data: AnyData, workdir: str, draw: bool = True
  ) -> Scores:
    """Scores the split; writes predictions.json, the name of each step's class, and scores.json into `workdir`."""
    rows = predict_split(predictor, variables, source, data, _keep, unit="recording")
    correct = np.concatenate([row["found"] == row["step_labels"] for row in rows])
    scores = {"frame_accuracy": float(correct.mean()), "num_steps": len(correct)}
    if jax.process_index() == 0:
      names = {row["id"]: [source.class_names[label] for label in row["found"]] for row in rows}
      files.write_json(pathlib.Path(workdir) / "predictions.json", {"results": names})
      files.write_json(pathlib.Path(workdir) / "scores.json", scores)
      progress.write(f"frame accuracy {100 * scores['frame_accuracy']:.2f}")
    return scores

  def summary(self, scores: Scores) -> dict[str, float]:
    return {"frame_accuracy": scores["frame_accuracy"]}

  def score(self, scores: Scores) -> float:
    return scores["frame_accuracy"]

  def columns(self, num_classes: int | None) -> dict[str, Column]:
    return {"frame_accuracy": Column("frame accuracy", "frame_accuracy")}


def _keep(record: dict[str, Any], found: Predictions) -> dict[str, Any]:
  """A recording's labels and those that were found, of the steps that it has."""
  return record | {"found": np.asarray(found.labels)[np.asarray(found.mask)]}
