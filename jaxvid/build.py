"""Builds objects from plain values. A registry is a folder of files, a type the name of one of them.

dict(type="sgp", width=512) for the registry "jaxvid.models.localization.backbones" builds `Model(width=512)` of the
file sgp.py in that folder. A registry's __init__ names the class that its files define (ENTRY), and what messages call
it (NOUN). A type with a dot is a module of another project that Python can import: dict(type="my_project.my_backbone")
builds the `Model` there. An unknown key is an error that lists the known ones.

A file of network parts, and a schedule's, also has TINY, the smallest settings with every kind of layer it has. With
these tests/models/test_every_part.py builds it and feeds it sequences (2, 16, 8), pyramids of two such levels, or clips
(2, 8, 16, 16, 3). NO_GRADIENT, where there is one, ends the names of parameters that no gradient can reach.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import Any

TASKS, DATA, EVALUATORS = "jaxvid.tasks", "jaxvid.data.pipelines", "jaxvid.evaluators"
SCHEDULES = "jaxvid.train.schedules"


class ConfigError(ValueError):
  """A configuration that cannot be built; the message names the section, the key and what to give instead."""


def build(registry: str, spec: Mapping[str, Any], where: str, **given: Any) -> Any:
  """Builds an object from a section: `type` names a file of the registry, the other keys are its arguments.

  Args:
    registry: a package, such as TASKS.
    spec: the section as plain values, with a key "type".
    where: dotted name of the section, for messages.
    **given: arguments that do not come from the configuration.

  Raises:
    ConfigError: an unknown type or key, a missing key, or a value that the class refuses.
  """
  settings = {key: value for key, value in spec.items() if key != "type"}
  return construct(constructor(registry, spec.get("type"), where), settings, where, **given)


def constructor(registry: str, name: str | None, where: str) -> type:
  """The class of a type; ConfigError for an unknown type lists the known ones."""
  return getattr(find_file(registry, name, where), importlib.import_module(registry).ENTRY)


def find_file(registry: str, name: str | None, where: str) -> ModuleType:
  """The file of a type: one of the registry's, or a module of another project, "my_project.my_backbone".

  Raises:
    ConfigError: the registry has no such file (lists its files), or there is no such module, or it does not define the
      registry's ENTRY.
  """
  package = importlib.import_module(registry)
  if name and "." in name and all(part.isidentifier() for part in name.split(".")):
    return _import_elsewhere(name, package, where)
  names = types(registry)
  if name not in names:
    raise ConfigError(f'{where}.type: no {package.NOUN} "{name}"; there are: {", ".join(names)}')
  return importlib.import_module(f"{registry}.{name}")


def _import_elsewhere(name: str, package: ModuleType, where: str) -> ModuleType:
  """Imports a module of another project that defines the ENTRY of the registry `package`."""
  try:
    module = importlib.import_module(name)
  except ModuleNotFoundError as error:
    if not f"{name}.".startswith(f"{error.name}."):  # The module exists, but something that it imports does not.
      raise
    raise ConfigError(
      f"{where}.type: there is no module {name} ({error}). Python looks for it in the current folder, in PYTHONPATH "
      "and among installed packages"
    ) from error
  if not hasattr(module, package.ENTRY):
    raise ConfigError(f"{where}.type: {module.__file__} is no {package.NOUN}: it defines no class {package.ENTRY}")
  return module


def types(registry: str) -> list[str]:
  """The types of a registry: its files that define its ENTRY."""
  package = importlib.import_module(registry)
  names = [module.name for module in pkgutil.iter_modules(package.__path__)]
  return [name for name in names if hasattr(importlib.import_module(f"{registry}.{name}"), package.ENTRY)]


def construct(constructor: type, values: Mapping[str, Any], where: str, **given: Any) -> Any:
  """Calls a dataclass, such as a Linen module, with a section's values; ConfigError for unknown and missing keys."""
  fields = {
    field.name: field
    for field in dataclasses.fields(constructor)
    if field.init and field.name not in ("parent", "name")
  }
  open_keys = [name for name in fields if name not in given]
  for key in values:
    if key not in open_keys:
      raise ConfigError(f"{where}.{key}: nothing reads this key; {where} takes: {', '.join(open_keys)}")
  for name in open_keys:
    field = fields[name]
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    if required and name not in values:
      raise ConfigError(f"{where}.{name}: missing")
  try:
    return constructor(**values, **given)
  except ConfigError:  # From a section inside; it names that.
    raise
  except ValueError as error:
    raise ConfigError(f"{where}: {error}") from error


def check_choices(section: Any, where: str, **choices: tuple) -> None:
  """Raises ConfigError for an attribute of `section` that is none of its allowed values."""
  for key, allowed in choices.items():
    if getattr(section, key) not in allowed:
      raise ConfigError(f"{where}.{key}: {getattr(section, key)!r} is none of {', '.join(map(str, allowed))}")
