"""Loads a configuration from its file, completes it with defaults, and applies --config.SECTION.KEY=VALUE."""

import ast
import difflib
import importlib.machinery
import pathlib
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from jaxvid.build import ConfigError
from jaxvid.train import config_file, old_configurations


def load(path: str, overrides: Sequence[str] = (), prefix: str = "config") -> dict[str, Any]:
  """Loads a configuration as plain values, complete, with the flags' changes.

  Args:
    path: FILE.py or FILE.py:VARIANT; the file defines get_config(variant), which returns the values that are not the
      defaults.
    overrides: flags such as "--config.optim.lr=3e-4".
    prefix: prefix of the flags.

  Raises:
    ConfigError: the file, variant or key does not exist, or a value has a wrong type.
  """
  file, _, variant = path.partition(".py:") if ".py:" in path else (path.removesuffix(".py"), "", "")
  try:
    loader = importlib.machinery.SourceFileLoader(pathlib.Path(file).name, f"{file}.py")
    module = types.ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    config = module.get_config(variant) if variant else module.get_config()
  except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
    raise ConfigError(f"{path}: {error}") from error
  return change(_plain(config), overrides, path, prefix)


def change(config: Mapping[str, Any], overrides: Sequence[str], where: str, prefix: str = "config") -> dict[str, Any]:
  """Completes and changes a configuration that is given as plain values; `where` names it in messages.

  An older configuration is upgraded first. Raises as `load` does.
  """
  # Types first: they decide which other keys there are.
  values = _plain(old_configurations.upgrade(config))
  changes = [_split(flag, prefix) for flag in overrides]
  for path, text in changes:
    if path.endswith(".type"):
      values = _with_type(values, path, text)
  values = config_file.complete(values)
  for path, text in changes:
    if not path.endswith(".type"):
      _set(values, path, text, where, prefix)
  return values


def _split(flag: str, prefix: str) -> tuple[str, str]:
  """(dotted key, value as text) of a flag."""
  name, equals, text = flag.partition("=")
  start = f"--{prefix}."
  if not name.startswith(start):
    raise ConfigError(f"{flag}: not a flag {start}SECTION.KEY=VALUE")
  return name.removeprefix(start), text if equals else "True"


def _with_type(config: dict[str, Any], path: str, name: str) -> dict[str, Any]:
  """The configuration with another type in a section; settings that the new type does not have are dropped."""
  section = path.removesuffix(".type")
  *outer, last = section.split(".")
  config = _plain(config)
  parent = config
  for key in outer:
    parent = parent.setdefault(key, {})
  before = dict(parent.get(last) or {})
  if before.get("type") == name:
    return config
  parent[last] = {**before, "type": name}
  known = config_file.keys_of(config, section)
  if known is not None:
    parent[last] = {key: value for key, value in parent[last].items() if key in known}
  return config


def _set(config: dict[str, Any], path: str, text: str, where: str, prefix: str) -> None:
  """Sets the value at a dotted key; ConfigError for an unknown key or a value of a wrong type."""
  *sections, key = path.split(".")
  values = config
  for depth, section in enumerate(sections):
    if not isinstance(values.get(section), Mapping):
      _refuse(".".join(sections[: depth + 1]), values, where, prefix)
    values = values[section]
  known = config_file.keys_of(config, ".".join(sections)) if sections else {name: (None, None) for name in config}
  if key not in (known if known is not None else values):
    _refuse(path, known if known is not None else values, where, prefix)
  hint = known[key][0] if known is not None else None
  default = values.get(key, known[key][1] if known else None)
  try:
    values[key] = _read(text, hint, default)
  except (SyntaxError, ValueError) as error:
    raise ConfigError(f"{prefix}.{path}: {text!r} is not {_describe_type(hint, default)}") from error


def _refuse(path: str, known: Mapping[str, Any], where: str, prefix: str) -> typing.NoReturn:
  """Raises ConfigError for an unknown key, with its new name, the nearest known key or all of them."""
  if path in old_configurations.RENAMED:
    raise ConfigError(f'"{prefix}.{path}" is now {old_configurations.RENAMED[path]}; give that')
  key = path.rpartition(".")[2]
  near = difflib.get_close_matches(key, list(known), n=1)
  hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known)}"
  raise ConfigError(f'{where} has no key "{prefix}.{path}", so nothing would read it{hint}')


def _kinds(hint: Any, default: Any) -> set[type]:
  """The types that a value may have, by annotation or default; empty if any will do."""
  if hint is None or hint is Any:
    return {type(default)} if isinstance(default, bool | int | float | str | tuple) else set()
  is_union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
  parts = typing.get_args(hint) if is_union else [hint]
  return {kind for part in parts if isinstance(kind := typing.get_origin(part) or part, type)}


def _read(text: str, hint: Any, default: Any) -> Any:
  """The value of a flag's text; ValueError if it has none of the allowed types."""
  kinds = _kinds(hint, default)
  if bool in kinds and text.lower() in ("true", "false", "1", "0"):
    return text.lower() in ("true", "1")
  if text in ("None", "none", "null") and (not kinds or types.NoneType in kinds):
    return None
  try:
    value = ast.literal_eval(text)
  except (SyntaxError, ValueError):
    value = text
  if str in kinds and not (isinstance(value, str) or any(_is(value, kind) for kind in kinds)):
    value = text
  if isinstance(value, int) and not isinstance(value, bool) and float in kinds and int not in kinds:
    value = float(value)
  if isinstance(value, list):
    value = tuple(value)
  fits = lambda value: any(_is(value, kind) for kind in kinds)  # noqa: E731
  if kinds & {tuple, Sequence} and isinstance(value, int | float) and not fits(value):
    value = (value,)
  if kinds and not fits(value):
    raise ValueError
  return value


def _is(value: Any, kind: type) -> bool:
  """isinstance, except that True and False are no numbers."""
  return isinstance(value, kind) and not (isinstance(value, bool) and kind in (int, float))


def _describe_type(hint: Any, default: Any) -> str:
  """The allowed types in words, for messages."""
  names = {bool: "true or false", int: "a whole number", float: "a number", str: "a word", types.NoneType: "None"}
  return " or ".join(sorted(names.get(kind, f"a {kind.__name__.lower()}") for kind in _kinds(hint, default)))


def _plain(value: Any) -> Any:
  """Plain values: mappings become dicts, lists tuples."""
  if hasattr(value, "to_dict"):
    value = value.to_dict()
  if isinstance(value, Mapping):
    return {key: _plain(item) for key, item in value.items()}
  return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value
