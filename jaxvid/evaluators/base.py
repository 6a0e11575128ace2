"""The interface of an evaluator, as the training loop calls it.

A new evaluator is a file of this folder, or a module that config.eval.type names, with a frozen dataclass `Evaluator`
that has these methods. Its fields are the section config.eval. jaxvid.evaluation.split.predict_split does the part that
evaluators share.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from jaxvid.data.pipelines.base import AnyData
from jaxvid.data.store import Split
from jaxvid.evaluation.columns import Column
from jaxvid.evaluation.predictor import Predictor

# Plain values, as scores.json holds them.
Scores = dict[str, Any]


class AnyEvaluator(Protocol):
  """An evaluator; its fields are the section config.eval.

  Attributes:
    UNIT: unit of the numbers in a study's table, such as "Shares of the test clips in percent".
    split: the split to score, an alias of the dataset or a TFDS split expression.
  """

  UNIT: ClassVar[str]

  @property
  def split(self) -> str: ...

  def check(self) -> None:
    """Raises an error for settings that cannot work, such as a missing file; called before a training."""

  def run(
    self, predictor: Predictor, variables: Any, source: Split, data: AnyData, workdir: str, draw: bool = True
  ) -> Scores:
    """Scores the split; writes scores.json, predictions.json and files of the evaluator's own into `workdir`.

    All processes of a training call it and return the same scores; only the first one writes.

    Args:
      predictor: the network and its task; the same for all evaluations of a run, so that programs are compiled once.
      variables: of the network.
      source: the opened split.
      data: the pipeline that reads it.
      workdir: folder of the run.
      draw: also write pictures and other files that are needed only at the end of a training.
    """

  def summary(self, scores: Scores) -> dict[str, float]:
    """Scores that the log keeps and draws as curves over the training: name -> value."""

  def score(self, scores: Scores) -> float:
    """The score that chooses the best checkpoint; higher is better."""

  def columns(self, num_classes: int | None) -> Mapping[str, Column]:
    """Columns that a study's table can show: name -> heading, and name of the score in `summary`.

    Args:
      num_classes: None where the configuration leaves it open.
    """
