"""What the training loop asks of an evaluator.

A new one is a file of this folder, or a module that config.eval.type names, with a frozen dataclass `Evaluator` that
has these methods: its fields are the section config.eval. jaxvid.evaluation.split.predict_split does what evaluators
have in common.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from jaxvid.data.pipelines.base import AnyData
from jaxvid.data.store import Split
from jaxvid.evaluation.columns import Column
from jaxvid.evaluation.predictor import Predictor

# Plain values, as in scores.json.
Scores = dict[str, Any]


class AnyEvaluator(Protocol):
  """The section config.eval.

  Attributes:
    UNIT: what the numbers of a study's table are, such as "Shares of the test clips in percent".
    split: what to score on, an alias of the dataset or a TFDS split expression.
  """

  UNIT: ClassVar[str]

  @property
  def split(self) -> str: ...

  def check(self) -> None:
    """Refuses settings that cannot work, such as files that are not there: before a training, not after it."""

  def run(
    self, predictor: Predictor, variables: Any, source: Split, data: AnyData, workdir: str, draw: bool = True
  ) -> Scores:
    """Scores the split, and writes what is found into `workdir`: scores.json, predictions.json and what else there is.

    All processes of a training call it and return the same; only the first writes.

    Args:
      predictor: the network and its task; one for all evaluations of a run, so that programs are compiled once.
      variables: of the network.
      source: the split, opened.
      data: the pipeline that reads it.
      workdir: a folder.
      draw: also make the pictures, and what else is wanted only at the end of a training.
    """

  def summary(self, scores: Scores) -> dict[str, float]:
    """The numbers worth a curve over the training, by the name that each has in the log."""

  def score(self, scores: Scores) -> float:
    """The one number by which a checkpoint is the best; higher is better."""

  def columns(self, num_classes: int | None) -> Mapping[str, Column]:
    """What a study's table can show of the scores: name of a column -> its heading and place in scores.json.

    `num_classes` is None where the configuration leaves it open.
    """
