"""The scores that a study's table has as columns, by task."""

from collections.abc import Mapping
from typing import Any

from jaxvid.metrics import anticipation
from jaxvid.metrics.anticipation import PARTS

AVERAGE = "average"
_HEADINGS = {AVERAGE: "average mAP", "mean_class_accuracy": "mean class accuracy"}


def known(config: Mapping[str, Any]) -> tuple[str, ...]:
  """The columns that a configuration's evaluation gives: tIoUs ("0.5") and "average", "top1" and its like, or those of
  actions, verbs and nouns, "action_top1"."""
  if config["task"]["type"] == "localization":
    return (*(str(tiou) for tiou in config["eval"]["tious"]), AVERAGE)
  if config["task"]["type"] == "anticipation":
    names = [f"top{k}" for k in config["eval"]["top"]]
    names += [f"recall{config['eval']['recall_at']}", "mean_class_accuracy"]
    return tuple(f"{part}_{name}" for part in PARTS for name in names)
  classes = config["task"]["num_classes"] or max(config["eval"]["top"])
  return (*(f"top{k}" for k in config["eval"]["top"] if k <= classes), "mean_class_accuracy")


def scores(values: Mapping[str, Any]) -> dict[str, float]:
  """Column -> fraction, from a run's scores.json."""
  if "mAP" in values:
    return {str(float(tiou)): value for tiou, value in values["mAP"].items()} | {AVERAGE: values["average_mAP"]}
  if "action" in values:
    return anticipation.flat(values)
  return {name: value for name, value in values.items() if isinstance(value, float)}


def heading(column: str) -> str:
  """As the table calls it."""
  part, _, rest = column.partition("_")
  if part in PARTS:
    return f"{part} {heading(rest)}"
  if column.startswith("top"):
    return f"top-{column[3:]}"
  if column.startswith("recall"):
    return f"class-mean recall@{column[6:]}"
  return _HEADINGS.get(column, f"mAP@{column}")


def unit(columns: tuple[str, ...]) -> str:
  """What the numbers are."""
  if AVERAGE in columns:
    return "mAP in percent at temporal IoU thresholds"
  of = "windows" if columns[0].partition("_")[0] in PARTS else "clips"
  return f"Shares of the test {of} in percent"
