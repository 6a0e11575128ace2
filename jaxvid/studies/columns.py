"""The scores that a study's table has as columns, by task."""

from collections.abc import Mapping
from typing import Any

AVERAGE = "average"
_HEADINGS = {AVERAGE: "average mAP", "mean_class_accuracy": "mean class accuracy"}


def known(config: Mapping[str, Any]) -> tuple[str, ...]:
  """The columns that a configuration's evaluation gives: tIoUs ("0.5") and "average", or "top1" and its like."""
  if config["task"]["type"] == "localization":
    return (*(str(tiou) for tiou in config["eval"]["tious"]), AVERAGE)
  classes = config["task"]["num_classes"] or max(config["eval"]["top"])
  return (*(f"top{k}" for k in config["eval"]["top"] if k <= classes), "mean_class_accuracy")


def scores(values: Mapping[str, Any]) -> dict[str, float]:
  """Column -> fraction, from a run's scores.json."""
  if "mAP" in values:
    return {str(float(tiou)): value for tiou, value in values["mAP"].items()} | {AVERAGE: values["average_mAP"]}
  return {name: value for name, value in values.items() if isinstance(value, float)}


def heading(column: str) -> str:
  """As the table calls it."""
  if column.startswith("top"):
    return f"top-{column[3:]}"
  return _HEADINGS.get(column, f"mAP@{column}")


def unit(columns: tuple[str, ...]) -> str:
  """What the numbers are."""
  return "mAP in percent at temporal IoU thresholds" if AVERAGE in columns else "Shares of the test clips in percent"
