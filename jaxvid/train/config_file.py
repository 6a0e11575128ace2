"""The keys that a configuration can have, with their defaults, and configurations written to files for --config."""

import dataclasses
import pprint
import typing
from collections.abc import Mapping
from typing import Any

from jaxvid.build import DATA, EVALUATORS, SCHEDULES, TASKS, constructor
from jaxvid.tasks.base import task_file
from jaxvid.train.experiment import Train
from jaxvid.train.optim import Optim, settings_of

SECTIONS = ("task", "model", "data", "optim", "train", "eval")
# Fields of networks and their parts that are not keys: the task or config.model set them.
_GIVEN = ("parent", "name", "num_classes", "padding", "dtype")


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
  """Completes a configuration with the default of every key that its sections and model parts take."""
  values: dict[str, Any] = {section: {} for section in SECTIONS} | dict(config)
  parts = [f"model.{part}" for part in task_file(values["task"].get("type")).Model.PARTS]
  nested = [f"{name}.{key}" for name, settings in sections(values).items() for key in _nested(settings)]
  for path in (*SECTIONS, *parts, "optim.schedule", *nested):
    values = _put(values, path)
  return values


def keys_of(config: Mapping[str, Any], path: str) -> dict[str, tuple[Any, Any]] | None:
  """The keys that a section reads: key -> (type, default). None for a free mapping.

  Args:
    config: the configuration; the types in it decide on the keys of its sections.
    path: dotted name of the section, without "config", such as "model.head".

  Raises:
    ConfigError: an unknown type.
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
  has_type = path in ("task", "data", "eval", "optim.schedule") or path.startswith("model.")
  return {"type": (str, dataclasses.MISSING), **keys} if has_type else keys


def _constructor(config: Mapping[str, Any], path: str) -> tuple[Any, tuple[str, ...]]:
  """(dataclass of a section, its fields that are not keys); (None, ()) for a free mapping."""
  section, _, part = path.partition(".")
  if path == "optim.schedule":
    return constructor(SCHEDULES, config["optim"]["schedule"].get("type"), "config.optim.schedule"), ()
  if section == "model":
    kind = task_file(config["task"]["type"]).Model
    if not part:
      return kind, ()
    if part in kind.PARTS:
      return constructor(kind.PARTS[part], config["model"][part].get("type"), f"config.{path}"), _GIVEN
  if settings := sections(config).get(section):
    if part:
      return _nested(settings).get(part), ()
    return settings, ("epochs", "settings") if section == "optim" else ()
  return None, ()


def _nested(settings: type) -> dict[str, type]:
  """Keys whose values are sections themselves, such as config.task.detection: key -> dataclass."""
  hints = typing.get_type_hints(settings)
  kinds = {name: typing.get_args(hints[name]) or (hints[name],) for name in hints}
  return {
    name: kind for name, of in kinds.items() for kind in of if isinstance(kind, type) and dataclasses.is_dataclass(kind)
  }


def _put(config: dict[str, Any], path: str) -> dict[str, Any]:
  """The configuration with the defaults of the section at `path` filled in."""
  section, _, part = path.partition(".")
  keys = keys_of(config, path) or {}
  defaults = {key: value for key, (_, value) in keys.items() if value is not dataclasses.MISSING}
  if part:
    values = config[section].get(part) or {}
    return dict(config, **{section: dict(config[section], **{part: defaults | dict(values)})})
  return dict(config, **{section: defaults | dict(config[section])})


def _default(field: dataclasses.Field) -> Any:
  """The default of a dataclass's field; MISSING without one, or for a dataclass, which is a section of its own."""
  value = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
  return dataclasses.MISSING if dataclasses.is_dataclass(value) else value


def sections(config: Mapping[str, Any]) -> dict[str, type]:
  """Section -> the dataclass whose fields are its keys."""
  kinds = {"task": TASKS, "data": DATA, "eval": EVALUATORS}
  typed = {name: constructor(kind, config[name].get("type"), f"config.{name}") for name, kind in kinds.items()}
  return typed | {"optim": Optim, "train": Train}


def write(config: Mapping[str, Any], docstring: str) -> str:
  """The text of a Python file whose get_config returns this configuration.

  Args:
    config: plain values.
    docstring: of the file.
  """
  values = pprint.pformat(dict(config), indent=1, width=100, sort_dicts=False).replace("\n", "\n    ")
  docstring = docstring.replace("\\", "\\\\").replace('"', "'")
  return (
    f'"""{docstring}\n"""\n\n'
    "from ml_collections import ConfigDict\n\n\n"
    'def get_config(arg=""):\n'
    "  if arg:\n"
    '    raise ValueError(f"this configuration has no variants; got {arg!r}")\n'
    f"  return ConfigDict(\n    {values}\n  )\n"
  )
