"""From plain values to objects. A file is the registry: dict(type="sgp", width=512) is jaxvid/models/backbones/sgp.py's
Model.

A key that nothing takes is an error that says what there is, so a typing mistake in a configuration cannot pass unread.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from jaxvid.models.network import Network

# Kind of thing -> the package whose files are its types, and the name each file gives it.
KINDS = {
  "backbone": ("jaxvid.models.backbones", "Model"),
  "neck": ("jaxvid.models.necks", "Model"),
  "head": ("jaxvid.models.heads", "Model"),
  "task": ("jaxvid.tasks", "Task"),
  "data": ("jaxvid.data.pipelines", "Data"),
  "evaluator": ("jaxvid.evaluators", "Evaluator"),
}


class ConfigError(ValueError):
  """A configuration that cannot be built; the message names the section, the key and what there is instead."""


def build(kind: str, spec: Mapping[str, Any], where: str, **given: Any) -> Any:
  """Builds what `spec` describes: its `type` names a file of the kind's package, the rest are constructor arguments.

  Args:
    kind: a key of KINDS.
    spec: plain values, with a key "type".
    where: the section's name in the configuration, for messages.
    **given: arguments that do not come from the configuration.
  """
  package, entry = KINDS[kind]
  names = types(kind)
  if spec.get("type") not in names:
    raise ConfigError(f'{where}.type: no {kind} "{spec.get("type")}"; there are: {", ".join(names)}')
  constructor = getattr(importlib.import_module(f"{package}.{spec['type']}"), entry)
  return construct(constructor, {key: value for key, value in spec.items() if key != "type"}, where, **given)


def types(kind: str) -> list[str]:
  """The types there are of a kind: the files of its package that define it."""
  package, entry = KINDS[kind]
  names = [module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)]
  return [name for name in names if hasattr(importlib.import_module(f"{package}.{name}"), entry)]


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
  except ValueError as error:
    raise ConfigError(f"{where}: {error}") from error


@dataclasses.dataclass(frozen=True)
class ModelSpec:
  """The section config.model.

  Attributes:
    backbone, neck, head: a type and its arguments each.
    dtype: "float32" or "bfloat16", of the computation; parameters and losses are float32.
    padding: "ignored" or "reference", see jaxvid.layers.temporal.
  """

  backbone: Mapping[str, Any]
  neck: Mapping[str, Any]
  head: Mapping[str, Any]
  dtype: str = "float32"
  padding: str = "ignored"

  def __post_init__(self):
    for key, allowed in (("dtype", ("float32", "bfloat16")), ("padding", ("ignored", "reference"))):
      if getattr(self, key) not in allowed:
        raise ConfigError(f"config.model.{key}: {getattr(self, key)!r} is none of {', '.join(allowed)}")


def build_network(model: Mapping[str, Any], num_classes: int) -> Network:
  """The network that config.model describes, for so many classes."""
  spec = construct(ModelSpec, model, "config.model")
  shared = dict(padding=spec.padding, dtype=spec.dtype)
  return Network(
    backbone=build("backbone", spec.backbone, "config.model.backbone", **shared),
    neck=build("neck", spec.neck, "config.model.neck", **shared),
    head=build("head", spec.head, "config.model.head", num_classes=num_classes, **shared),
  )
