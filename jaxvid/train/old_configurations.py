"""Upgrades configurations of earlier versions, as checkpoints and workdirs hold them, to the keys of this version."""

from collections.abc import Mapping
from typing import Any

# Optimizer -> the defaults of earlier versions that differ from optax's.
_DEFAULTS = {"adamw": {}, "adam": {}, "sgd": {"momentum": 0.9}}

# Key of earlier versions -> what to write now, for flags; files are upgraded.
RENAMED = {
  "optim.schedule.epochs": "train.epochs",
  "optim.betas": "optim.b1 and optim.b2",
  "optim.epsilon": "optim.eps",
  "task.error_weight": "model.head.error_weight",
  "task.detection.error_power": "model.head.error_power",
}


def upgrade(config: Mapping[str, Any]) -> Mapping[str, Any]:
  """The same experiment in the keys of this version; a configuration of this version is returned unchanged."""
  return _upgrade_head(_upgrade_optimizer(config))


def _upgrade_optimizer(config: Mapping[str, Any]) -> Mapping[str, Any]:
  """Moves optim.schedule.epochs to train.epochs, and renames the optimizer's settings as optax has them.

  Until 0.1 config.optim held betas, epsilon and momentum for all optimizers, and each read its own.
  """
  optim = config.get("optim") or {}
  schedule = optim.get("schedule")
  if not isinstance(schedule, Mapping) or "epochs" not in schedule:
    return config
  kind = optim.get("type", "adamw")
  rest = {key: value for key, value in optim.items() if key not in ("betas", "epsilon", "momentum")}
  settings = dict(_DEFAULTS.get(kind, {}))
  if kind == "sgd":
    settings |= {key: optim[key] for key in ("momentum",) if key in optim}
  else:
    if "betas" in optim:
      settings["b1"], settings["b2"] = optim["betas"]
    if "epsilon" in optim:
      settings["eps"] = optim["epsilon"]
  schedule = {key: value for key, value in schedule.items() if key != "epochs"}
  train = {"epochs": optim["schedule"]["epochs"], **config.get("train", {})}
  return dict(config, optim={**rest, **settings, "schedule": schedule}, train=train)


def _upgrade_head(config: Mapping[str, Any]) -> Mapping[str, Any]:
  """Moves error_weight and error_power from the task to the decoupled head, the only one that read them until 0.1."""
  task = dict(config.get("task") or {})
  detection = task.get("detection")
  moved = {key: task.pop(key) for key in ("error_weight",) if key in task}
  if isinstance(detection, Mapping) and "error_power" in detection:
    moved["error_power"] = detection["error_power"]
    task["detection"] = {key: value for key, value in detection.items() if key != "error_power"}
  if not moved:
    return config
  model = dict(config.get("model") or {})
  head = model.get("head") or {}
  if head.get("type") == "decoupled":
    model["head"] = {**moved, **head}
  return dict(config, task=task, model=model)
