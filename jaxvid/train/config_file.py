"""A configuration that a program has made: completed with defaults, and as a file for --config."""

import dataclasses
import pprint
import types
import typing
from collections.abc import Mapping
from typing import Any

from jaxvid.build import DATA, EVALUATORS, TASKS, constructor
from jaxvid.tasks.localization import Detection
from jaxvid.train.experiment import Train
from jaxvid.train.optim import Optim, settings_of


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
  """The configuration with every key that a section takes, so that each can be set by a flag."""
  if config["task"]["type"] == "localization":
    detection = _with_defaults(Detection, config["task"].get("detection", {}))
    config = dict(config, task=dict(config["task"], detection=detection))
  optim = config.get("optim", {})
  settings = {name: setting.default for name, setting in settings_of(optim.get("type", Optim.type)).items()}
  return dict(config) | {
    name: _with_defaults(kind, dict(settings if name == "optim" else {}) | config.get(name, {}))
    for name, kind in sections(config).items()
  }


def sections(config: Mapping[str, Any]) -> dict[str, type]:
  """Section -> the dataclass whose fields are its keys."""
  kinds = {"task": TASKS, "data": DATA, "eval": EVALUATORS}
  typed = {name: constructor(kind, config[name].get("type"), f"config.{name}") for name, kind in kinds.items()}
  return typed | {"optim": Optim, "train": Train}


def write(config: Mapping[str, Any], docstring: str) -> str:
  """The text of a file whose get_config gives this configuration."""
  values = pprint.pformat(_with_placeholders(config), indent=1, width=100, sort_dicts=False).replace("\n", "\n    ")
  docstring = docstring.replace("\\", "\\\\").replace('"', "'")
  return (
    f'"""{docstring}\n"""\n\n'
    "from ml_collections import ConfigDict\n"
    "from ml_collections.config_dict import placeholder\n\n\n"
    'def get_config(arg=""):\n'
    "  if arg:\n"
    '    raise ValueError(f"this configuration has no variants; got {arg!r}")\n'
    f"  return ConfigDict(\n    {values}\n  )\n"
  )


def _with_defaults(settings, values):
  defaults = {
    field.name: field.default for field in dataclasses.fields(settings) if field.default is not dataclasses.MISSING
  }
  return dict(values) | {name: default for name, default in defaults.items() if name not in values}


def _with_placeholders(config):
  """The configuration with placeholders for None, where a flag could set a number or a word."""
  config = dict(config)
  for section, settings in sections(config).items():
    hints = typing.get_type_hints(settings)
    config[section] = {
      name: _Placeholder(kind) if value is None and (kind := simple_type(hints.get(name))) else value
      for name, value in config[section].items()
    }
  return config


def simple_type(hint):
  """int, float or str of int | None and its like; None of anything else."""
  if not isinstance(hint, types.UnionType):
    return None
  return next((kind for kind in (int, float, str) if kind in typing.get_args(hint)), None)


class _Placeholder:
  """What ml_collections has for a value that is not set: it can be set to one of a type."""

  def __init__(self, kind):
    self._kind = kind

  def __repr__(self):
    return f"placeholder({self._kind.__name__})"
