"""From plain values to objects. A folder of files is a registry: dict(type="sgp", width=512) for the registry
"jaxvid.models.localization.backbones" is `Model(width=512)` of the file sgp.py in that folder.

A registry's __init__ names the class that each of its files defines (ENTRY) and what one is called (NOUN). A type with
a dot names a module of another project, which Python must be able to import: dict(type="my_project.my_backbone") is
`Model` there. A key that nothing takes is an error that lists those there are.
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
  """A configuration that cannot be built; the message names the section, the key and what there is instead."""


def build(registry: str, spec: Mapping[str, Any], where: str, **given: Any) -> Any:
  """Builds what `spec` describes: its `type` names a file of the registry, the rest are constructor arguments.

  Args:
    registry: a package, such as TASKS.
    spec: plain values, with a key "type".
    where: the section's name in the configuration, for messages.
    **given: arguments that do not come from the configuration.
  """
  settings = {key: value for key, value in spec.items() if key != "type"}
  return construct(constructor(registry, spec.get("type"), where), settings, where, **given)


def constructor(registry: str, name: str | None, where: str) -> type:
  """The class that a type names; ConfigError lists those there are."""
  return getattr(find_file(registry, name, where), importlib.import_module(registry).ENTRY)


def find_file(registry: str, name: str | None, where: str) -> ModuleType:
  """The file that a type names: one of the registry's, or a module of another project, "my_project.my_backbone".

  Raises:
    ConfigError: the registry has no such file (lists those there are), or there is no such module, or it lacks the
      registry's entry.
  """
  package = importlib.import_module(registry)
  if name and "." in name and all(part.isidentifier() for part in name.split(".")):
    return _import_elsewhere(name, package, where)
  names = types(registry)
  if name not in names:
    raise ConfigError(f'{where}.type: no {package.NOUN} "{name}"; there are: {", ".join(names)}')
  return importlib.import_module(f"{registry}.{name}")


def _import_elsewhere(name: str, package: ModuleType, where: str) -> ModuleType:
  try:
    module = importlib.import_module(name)
  except ModuleNotFoundError as error:
    if not f"{name}.".startswith(f"{error.name}."):  # The module is there; what it imports is not.
      raise
    raise ConfigError(
      f"{where}.type: there is no module {name} ({error}). Python looks for it in the current folder, in PYTHONPATH "
      "and among installed packages"
    ) from error
  if not hasattr(module, package.ENTRY):
    raise ConfigError(f"{where}.type: {module.__file__} is no {package.NOUN}: it defines no class {package.ENTRY}")
  return module


def types(registry: str) -> list[str]:
  """The types of a registry: its files that define the entry."""
  package = importlib.import_module(registry)
  names = [module.name for module in pkgutil.iter_modules(package.__path__)]
  return [name for name in names if hasattr(importlib.import_module(f"{registry}.{name}"), package.ENTRY)]


def construct(constructor: type, values: Mapping[str, Any], where: str, **given: Any) -> Any:
  """Calls a dataclass (Linen modules are dataclasses) with a section's values; unknown and missing keys are errors."""
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
  except ConfigError:  # It says where it is.
    raise
  except ValueError as error:
    raise ConfigError(f"{where}: {error}") from error


def check_choices(section: Any, where: str, **choices: tuple) -> None:
  """ConfigError for an attribute of `section` that is none of its choices."""
  for key, allowed in choices.items():
    if getattr(section, key) not in allowed:
      raise ConfigError(f"{where}.{key}: {getattr(section, key)!r} is none of {', '.join(map(str, allowed))}")
