"""Columns of a study's table: the scores that the configuration's evaluator gives."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from jaxvid.build import EVALUATORS, build

AVERAGE = "average"


@dataclasses.dataclass(frozen=True)
class Columns:
  """The columns that an evaluation can fill.

  Attributes:
    headings: column -> its heading in the table, in the table's order.
    unit: what the numbers are, as the beginning of a sentence.
  """

  headings: Mapping[str, str]
  unit: str


def from_config(config: Mapping[str, Any]) -> Columns:
  """The columns of a configuration's evaluation.

  Localization: tIoUs ("0.5") and "average"; recognition: "top1" and others; anticipation: "action_top1" and others, of
  actions, verbs and nouns.
  """
  evaluator = _evaluator(config)
  columns = _columns(evaluator, config)
  return Columns({name: column.heading for name, column in columns.items()}, evaluator.UNIT)


def scores(config: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, float]:
  """Column -> score as a fraction.

  Args:
    config: the run's configuration.
    values: the run's scores.json.
  """
  evaluator = _evaluator(config)
  found = evaluator.summary(values)
  return {name: found[column.score] for name, column in _columns(evaluator, config).items() if column.score in found}


def _evaluator(config: Mapping[str, Any]) -> Any:
  return build(EVALUATORS, config["eval"], "config.eval")


def _columns(evaluator: Any, config: Mapping[str, Any]) -> dict[str, Any]:
  return evaluator.columns(config["task"]["num_classes"])
