"""From plain values to objects. A file is the registry: dict(type="sgp", width=512) is jaxvid/models/backbones/sgp.py's
Model.

A key that nothing takes is an error that says what there is, so a typing mistake in a configuration cannot pass unread.
"""

import dataclasses
import importlib
import pkgutil
import sys
from collections.abc import Mapping
from typing import Any

from jaxvid.models.anticipation_network import AnticipationNetwork
from jaxvid.models.clip_network import ClipNetwork
from jaxvid.models.network import Network
from jaxvid.models.normalization import NORMALIZATIONS

# Kind of thing -> the package whose files are its types, and the name each file gives it.
KINDS = {
  "backbone": ("jaxvid.models.backbones", "Model"),
  "clip backbone": ("jaxvid.models.clip_backbones", "Model"),
  "clip head": ("jaxvid.models.clip_heads", "Model"),
  "anticipator": ("jaxvid.models.anticipators", "Model"),
  "neck": ("jaxvid.models.necks", "Model"),
  "head": ("jaxvid.models.heads", "Model"),
  "task": ("jaxvid.tasks", "Task"),
  "data": ("jaxvid.data.pipelines", "Data"),
  "evaluator": ("jaxvid.evaluators", "Evaluator"),
}


_DTYPES = ("float32", "bfloat16")


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
  settings = {key: value for key, value in spec.items() if key != "type"}
  return construct(constructor(kind, spec.get("type"), where), settings, where, **given)


def constructor(kind: str, name: str | None, where: str) -> type:
  """The class that a type names; ConfigError lists those there are."""
  package, entry = KINDS[kind]
  names = types(kind)
  if name not in names:
    raise ConfigError(f'{where}.type: no {kind} "{name}"; there are: {", ".join(names)}')
  return getattr(importlib.import_module(f"{package}.{name}"), entry)


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
class LocalizationModel:
  """The section config.model of a localization.

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
    _check_choices(self, dtype=_DTYPES, padding=("ignored", "reference"))

  def build(self, num_classes: int) -> Network:
    shared = dict(padding=self.padding, dtype=self.dtype)
    return Network(
      backbone=build("backbone", self.backbone, "config.model.backbone", **shared),
      neck=build("neck", self.neck, "config.model.neck", **shared),
      head=build("head", self.head, "config.model.head", num_classes=num_classes, **shared),
    )


@dataclasses.dataclass(frozen=True)
class RecognitionModel:
  """The section config.model of a recognition.

  Attributes:
    backbone: a clip backbone and its arguments.
    head: a clip head and its arguments.
    normalization: of the pixels, see jaxvid.models.normalization; None for that of the backbone's published weights.
    freeze_backbone: train the head alone, the backbone's batch norms on their running statistics.
    dtype: as above.
  """

  backbone: Mapping[str, Any]
  head: Mapping[str, Any]
  normalization: str | None = None
  freeze_backbone: bool = False
  dtype: str = "float32"

  def __post_init__(self):
    _check_choices(self, dtype=_DTYPES, normalization=(None, *NORMALIZATIONS))

  def build(self, num_classes: int) -> ClipNetwork:
    backbone = build("clip backbone", self.backbone, "config.model.backbone", dtype=self.dtype)
    return ClipNetwork(
      backbone=backbone,
      head=build("clip head", self.head, "config.model.head", num_classes=num_classes, dtype=self.dtype),
      normalization=self.normalization or sys.modules[type(backbone).__module__].NORMALIZATION,
      freeze_backbone=self.freeze_backbone,
    )


@dataclasses.dataclass(frozen=True)
class AnticipationModel:
  """The section config.model of an anticipation.

  Attributes:
    anticipator: a type of jaxvid.models.anticipators and its arguments.
    num_verbs, num_nouns: classes of verbs and nouns that get heads of their own; 0 sums their actions up instead.
    dtype: as above.
  """

  anticipator: Mapping[str, Any]
  num_verbs: int = 0
  num_nouns: int = 0
  dtype: str = "float32"

  def __post_init__(self):
    _check_choices(self, dtype=_DTYPES)

  def build(self, num_classes: int) -> AnticipationNetwork:
    given = dict(num_classes=num_classes, dtype=self.dtype)
    anticipator = build("anticipator", self.anticipator, "config.model.anticipator", **given)
    return AnticipationNetwork(anticipator, self.num_verbs, self.num_nouns)


_MODELS = {
  "localization": LocalizationModel,
  "recognition": RecognitionModel,
  "anticipation": AnticipationModel,
}
AnyNetwork = Network | ClipNetwork | AnticipationNetwork


def build_network(model: Mapping[str, Any], num_classes: int, task: str = "localization") -> AnyNetwork:
  """The network that config.model describes, for a type of task and so many classes."""
  return construct(_MODELS[task], model, "config.model").build(num_classes)


def _check_choices(section: Any, **choices: tuple) -> None:
  for key, allowed in choices.items():
    if getattr(section, key) not in allowed:
      raise ConfigError(f"config.model.{key}: {getattr(section, key)!r} is none of {', '.join(map(str, allowed))}")
