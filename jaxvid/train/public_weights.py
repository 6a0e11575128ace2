"""Conversion between weights of public PyTorch code and our variables, for networks of every task."""

import dataclasses
import importlib
import logging
import os
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import jax
import numpy as np

from jaxvid.build import TASKS, ConfigError, types
from jaxvid.tasks.base import build_network, task_file
from jaxvid.train.checkpoint import LATEST, Checkpoints
from jaxvid.weights import clip_networks, torch_files
from jaxvid.weights.reference_yaml import translate
from jaxvid.weights.rules import WeightsError

_LOG = logging.getLogger("jaxvid.convert")


@dataclasses.dataclass(frozen=True)
class PublicNetwork:
  """A network whose parameters public code has names for.

  Attributes:
    task: type of its task.
    model: the section config.model.
    num_classes, dim: number of classes and length of a feature vector; None takes those of the tensors.
  """

  task: str
  model: Mapping[str, Any]
  num_classes: int | None = None
  dim: int | None = None

  @classmethod
  def from_spec(cls, spec: Any) -> "PublicNetwork":
    """The network that the argument model_spec of jaxvid.convert.import_torch means.

    Raises:
      ConfigError: no task has such a network.
      YamlError: a key of a YAML configuration cannot be translated.
    """
    # A name, a YAML file, a configuration, or config.model with or without its sizes.
    if isinstance(spec, str) and spec in clip_networks.NETWORKS:
      return cls("recognition", clip_networks.NETWORKS[spec]["model"])
    if isinstance(spec, str | os.PathLike):
      return cls("localization", translate(spec).config["model"])
    spec = spec.to_dict() if hasattr(spec, "to_dict") else dict(spec)  # An ml_collections.ConfigDict is no Mapping.
    task = spec["task"]["type"] if _is_section(spec.get("task")) and "type" in spec["task"] else None
    if "backbone" not in spec:
      if not _is_section(spec.get("model")) or "backbone" not in spec["model"]:
        return cls("localization", translate(spec).config["model"])
      spec = dict(spec["model"])
    num_classes, dim = spec.pop("num_classes", None), spec.pop("input_dim", None)
    return cls(task or _task_of(spec), spec, num_classes, dim)

  @property
  def names(self) -> ModuleType:
    """The module with the public names, see jaxvid.weights."""
    if (name := task_file(self.task).WEIGHTS) is None:
      raise WeightsError(f"no public weights are known for networks of the task {self.task}")
    return importlib.import_module(name)

  def shapes(self, num_classes: int, dim: int | None) -> dict[str, Any]:
    """Shapes of the network's variables."""
    return self.names.variable_shapes(
      self.model, num_classes, dim, lambda model, classes: build_network(model, classes, self.task)
    )

  def import_tensors(self, tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Our variables from a public state dict; WeightsError if they do not fit."""
    num_classes, dim = self.names.sizes(self.model, tensors)
    return self.names.import_model(self.model, tensors, self.shapes(self.num_classes or num_classes, self.dim or dim))

  def export_tensors(self, variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The public state dict of our variables."""
    return self.names.export_model(self.model, variables)


def import_torch(model_spec: Any, state_dict: Mapping[str, Any]) -> dict[str, Any]:
  """See jaxvid.convert.import_torch."""
  network = PublicNetwork.from_spec(model_spec)
  return network.import_tensors(torch_files.state_dict(state_dict, network.names.STATE_DICT))


def export_torch(model_spec: Any, variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """See jaxvid.convert.export_torch."""
  return PublicNetwork.from_spec(model_spec).export_tensors(variables)


def to_torch(
  workdir: str | os.PathLike, file: str | os.PathLike, *, checkpoint: str = LATEST, module_prefix: bool | None = None
) -> None:
  """See jaxvid.convert.to_torch."""
  with Checkpoints(os.fspath(workdir)) as checkpoints:
    description = checkpoints.describe(checkpoint)
    config, contract = description["config"], description["contract"]
    network = PublicNetwork.from_spec(config)
    stats = network.shapes(config["task"]["num_classes"], contract and contract["dim"])
    like = stats.pop("params")
    parts = checkpoints.restore_parts(checkpoint, _on_one_device({"params": like, "ema": like, "model_state": stats}))
  weights = {"ema": parts["ema"], "raw": parts["params"]}
  tensors = {name: network.export_tensors({"params": part, **parts["model_state"]}) for name, part in weights.items()}
  torch_files.write(file, tensors, module_prefix)
  _LOG.info("%d tensors, %s: %s", len(tensors["ema"]), format_count(parts["ema"]), file)


def format_count(params: Any) -> str:
  """The number of parameters as text, such as "27,000 parameters"."""
  return f"{sum(x.size for x in jax.tree.leaves(params)):,} parameters"


def _task_of(model: Mapping[str, Any]) -> str:
  """The type of task whose config.model takes these keys and whose registries have the types of its parts."""
  for task in types(TASKS):
    section = task_file(task).Model
    known = {field.name for field in dataclasses.fields(section)}  # type: ignore[arg-type]
    parts = {key: model[key].get("type") for key in section.PARTS if _is_section(model.get(key))}
    if parts and known.issuperset(model) and all(name in types(section.PARTS[key]) for key, name in parts.items()):
      return task
  raise ConfigError(f"model_spec: no task has a network of {', '.join(model)} with these types")


def _is_section(value: Any) -> bool:
  return isinstance(value, Mapping)


def _on_one_device(shapes: Any) -> Any:
  placed = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
  return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=placed), shapes)
