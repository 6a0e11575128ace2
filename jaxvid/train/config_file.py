"""A configuration that a program has made: completed with defaults, and as a file for --config."""

import dataclasses
import pprint
import types
import typing
from collections.abc import Mapping
from typing import Any

from jaxvid.build import DATA, EVALUATORS, SCHEDULES, TASKS, constructor
from jaxvid.tasks.base import task_file
from jaxvid.tasks.localization import Detection
from jaxvid.train.experiment import Train
from jaxvid.train.optim import Optim, settings_of

SECTIONS = ("task", "model", "data", "optim", "train", "eval")
# What the network and its parts are told by others: the task, and config.model itself.
_GIVEN = ("parent", "name", "num_classes", "padding", "dtype")


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
  """The configuration with every key that a section and a model part take, so that each can be set by a flag."""
  config = {section: {} for section in SECTIONS} | dict(config)
  if config["task"].get("type") == "localization":
    config["task"] = {"detection": {}} | config["task"]
  parts = [f"model.{part}" for part in task_file(config["task"].get("type")).Model.PARTS]
  nested = ["task.detection"] if "detection" in config["task"] else []
  for path in (*SECTIONS, *parts, "optim.schedule", *nested):
    config = _put(config, path)
  return config


def keys_of(config: Mapping[str, Any], path: str) -> dict[str, tuple[Any, Any]] | None:
  """Key -> (type, default) of what a section reads, by the types that `config` names; None for a free mapping.

  Args:
    config: at least with its types.
    path: "" or the section's dotted name without "config", such as "model.head".

  Raises:
    ConfigError: a type that there is not.
  """
  kind, given = _constructor(config, path)
  if kind is None:
    return None
  hints = typing.get_type_hints(kind)
  keys = {
    field.name: (hints.get(field.name), _default(field))
    for field in dataclasses.fields(kind)
    if field.init and field.name not in given
  }
  if path == "optim":
    settings = settings_of(config["optim"].get("type", Optim.type))
    keys |= {name: (None, setting.default) for name, setting in settings.items()}
  if path.count(".") or path in ("task", "data", "eval"):
    keys = {"type": (str, dataclasses.MISSING), **keys}
  return keys if path != "task.detection" else {key: value for key, value in keys.items() if key != "type"}


def _constructor(config, path):
  """(the dataclass of a section, its fields that are not keys); (None, ()) where there is none."""
  section, _, part = path.partition(".")
  if path == "task.detection" and config["task"]["type"] == "localization":
    return Detection, ()
  if path == "optim.schedule":
    return constructor(SCHEDULES, config["optim"]["schedule"].get("type"), "config.optim.schedule"), ()
  if section == "model":
    kind = task_file(config["task"]["type"]).Model
    if not part:
      return kind, ()
    if part in kind.PARTS:
      return constructor(kind.PARTS[part], config["model"][part].get("type"), f"config.{path}"), _GIVEN
  if not part and section in (known := sections(config)):
    return known[section], ("epochs", "settings") if section == "optim" else ()
  return None, ()


def _put(config, path):
  """`config` with the defaults of the section at `path`."""
  section, _, part = path.partition(".")
  defaults = {key: value for key, (_, value) in keys_of(config, path).items() if value is not dataclasses.MISSING}
  if part:
    values = config[section].get(part) or {}
    return dict(config, **{section: dict(config[section], **{part: defaults | dict(values)})})
  return dict(config, **{section: defaults | dict(config[section])})


def _default(field):
  """The default of a dataclass's field; MISSING where there is none that can stand in a configuration."""
  value = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
  return dataclasses.MISSING if dataclasses.is_dataclass(value) else value


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
