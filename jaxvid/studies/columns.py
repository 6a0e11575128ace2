"""The scores that a study's table has as columns; what they are, the configuration's evaluator says."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from jaxvid.build import EVALUATORS, build

AVERAGE = "average"


@dataclasses.dataclass(frozen=True)
class Columns:
  """What an evaluation gives.

  Attributes:
    headings: column -> as the table calls it, in the table's order.
    unit: what the numbers are, the beginning of a sentence.
  """

  headings: Mapping[str, str]
  unit: str


def of(config: Mapping[str, Any]) -> Columns:
  """The columns that a configuration's evaluation gives: tIoUs ("0.5") and "average", "top1" and its like, or those of
  actions, verbs and nouns, "action_top1"."""
  evaluator = _evaluator(config)
  columns = _columns(evaluator, config)
  return Columns({name: column.heading for name, column in columns.items()}, evaluator.UNIT)


def scores(config: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, float]:
  """Column -> fraction, from the scores.json of a run of this configuration."""
  evaluator = _evaluator(config)
  found = evaluator.summary(values)
  return {name: found[column.score] for name, column in _columns(evaluator, config).items() if column.score in found}


def _evaluator(config: Mapping[str, Any]) -> Any:
  return build(EVALUATORS, config["eval"], "config.eval")


def _columns(evaluator: Any, config: Mapping[str, Any]) -> dict[str, Any]:
  return evaluator.columns(config["task"]["num_classes"])
