"""Rules for the public PyTorch weights of clip networks with the head "pool".

r2plus1d: torchvision, and VMZ's and IG-65M's networks under its names; i3d: the common PyTorch version of the original;
slow, slowfast, csn: pytorchvideo. Our variables are {"params": {"backbone": ..., "head": ...}, "batch_stats":
{"backbone": ...}}. A public state dict holds both, and for every batch norm a counter `num_batches_tracked`, which is
ignored at import and an int64 zero at export.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxvid.weights import rules
from jaxvid.weights.rules import Layout, Rule, WeightsError

# Convolutions are (out, in, T, H, W) there and (T, H, W, in, out) here, also depthwise ones, whose `in` is 1.
KERNEL = Layout(lambda array: array.transpose(2, 3, 4, 1, 0), lambda array: array.transpose(4, 3, 0, 1, 2))
DENSE = Layout(np.transpose, np.transpose)  # (out, in), (in, out)
DENSE_CONV = Layout(lambda array: array[:, :, 0, 0, 0].T, lambda array: array.T[:, :, None, None, None])

_MEAN, _COUNTER = ".running_mean", ".num_batches_tracked"
# Size of the clip for which shapes of variables are computed; these do not depend on it.
_SIDE, _FRAMES = 32, 32
STATE_DICT = "raw"
_PREFIX = "module."  # Names begin with it if the network was saved from within DataParallel.


def _unit(ours: str, conv: str, norm: str) -> list[Rule]:
  """The rules of a ConvNorm."""
  params, stats = f"params/backbone/{ours}", f"batch_stats/backbone/{ours}"
  return [
    Rule(f"{params}/conv/kernel", f"{conv}.weight", KERNEL),
    Rule(f"{params}/norm/scale", f"{norm}.weight"),
    Rule(f"{params}/norm/bias", f"{norm}.bias"),
    Rule(f"{stats}/norm/mean", f"{norm}{_MEAN}"),
    Rule(f"{stats}/norm/var", f"{norm}.running_var"),
  ]


def _head(theirs: str, layout: Layout = DENSE) -> list[Rule]:
  """The rules of the classifier."""
  classifier = "params/head/classifier"
  return [Rule(f"{classifier}/kernel", f"{theirs}.weight", layout), Rule(f"{classifier}/bias", f"{theirs}.bias")]


def _bottlenecks(ours: str, theirs: str) -> list[Rule]:
  """The rules of a pytorchvideo stage."""
  block, their_block = rf"{ours}/block_(\d+)", rf"{theirs}.res_blocks.\1"
  return [
    *_unit(f"{block}/(a|b|c)", rf"{their_block}.branch2.conv_\2", rf"{their_block}.branch2.norm_\2"),
    *_unit(f"{block}/shortcut", f"{their_block}.branch1_conv", f"{their_block}.branch1_norm"),
  ]


def _resnet() -> list[Rule]:
  """pytorchvideo's network of one pathway: block 0 is the stem, then the stages, then the head."""
  stages = [rule for i in range(4) for rule in _bottlenecks(f"stage_{i}", f"blocks.{i + 1}")]
  return [*_unit("stem", "blocks.0.conv", "blocks.0.norm"), *stages, *_head("blocks.5.proj")]


def _slowfast() -> list[Rule]:
  """pytorchvideo's network of two pathways, whose block 5 is the pool before the head."""
  found = _head("blocks.6.proj")
  for pathway, name in enumerate(("slow", "fast")):
    inside = f"multipathway_blocks.{pathway}"
    found += _unit(f"{name}_stem", f"blocks.0.{inside}.conv", f"blocks.0.{inside}.norm")
    for i in range(4):
      found += _bottlenecks(f"{name}_stage_{i}", f"blocks.{i + 1}.{inside}")
  fusion = r"blocks.\1.multipathway_fusion"
  return found + _unit(r"fusion_(\d+)", f"{fusion}.conv_fast_to_slow", f"{fusion}.norm")


def _r2plus1d() -> list[Rule]:
  """torchvision's network."""
  found = [*_head("fc"), *_unit("stem_spatial", "stem.0", "stem.1"), *_unit("stem_temporal", "stem.3", "stem.4")]
  for i in range(4):
    block, their_block = rf"stage_{i}_block_(\d+)", rf"layer{i + 1}.\1"
    conv = rf"{their_block}.conv\2"
    found += _unit(rf"{block}/conv_(\d)_spatial", f"{conv}.0.0", f"{conv}.0.1")
    found += _unit(rf"{block}/conv_(\d)_temporal", f"{conv}.0.3", f"{conv}.1")
    found += _unit(f"{block}/shortcut", f"{their_block}.downsample.0", f"{their_block}.downsample.1")
  return found


def _i3d() -> list[Rule]:
  """The common PyTorch version of I3D."""
  return [
    *_head("logits.conv3d", DENSE_CONV),
    *_unit(r"(Conv3d_\w+)", r"\1.conv3d", r"\1.bn"),
    *_unit(r"(Mixed_\w+)/(b\w+)", r"\1.\2.conv3d", r"\1.\2.bn"),
  ]


# Type of a backbone -> the rules of a network that has it, with the head "pool".
RULES = {"r2plus1d": _r2plus1d(), "i3d": _i3d(), "slow": _resnet(), "slowfast": _slowfast(), "csn": _resnet()}


def import_variables(tensors: Mapping[str, Any], backbone_type: str, shapes: Mapping[str, Any]) -> dict:
  """Imports a public state dict as our variables.

  For an i3d without norm_scale the batch norms' factors must be one, as they are in the public weights.

  Args:
    tensors: name -> array; names may begin with "module.".
    backbone_type: a key of RULES.
    shapes: {"params", "batch_stats"} of the network, as jax.eval_shape of its init gives them.

  Returns:
    {"params", "batch_stats"} of those shapes and types.

  Raises:
    WeightsError: tensors or variables are left over, or shapes differ; all are named.
  """
  table = _rules(backbone_type)
  tensors = _without_prefix(tensors)
  counters = {mean.removesuffix(_MEAN) + _COUNTER for mean in rules.slots(table, shapes) if mean.endswith(_MEAN)}
  tensors = {name: array for name, array in tensors.items() if name not in counters}
  _drop_scales_of_one(tensors, _absent_scales(table, shapes))
  return rules.import_tensors(tensors, table, shapes)


def num_classes(tensors: Mapping[str, Any], backbone_type: str) -> int:
  """Number of classes of a public state dict of a network with this backbone.

  Raises:
    WeightsError: the state dict has no classifier of that name.
  """
  name = next(rule.theirs for rule in _rules(backbone_type) if rule.ours == "params/head/classifier/bias")
  tensors = _without_prefix(tensors)
  if name not in tensors:
    raise WeightsError(f"{name}: missing; are these weights of a network with the backbone {backbone_type}?")
  return len(tensors[name])


def export_tensors(variables: Mapping[str, Any], backbone_type: str) -> dict[str, np.ndarray]:
  """Exports {"params", "batch_stats"} as a public state dict; the inverse of import_variables."""
  table = _rules(backbone_type)
  tensors = rules.export_tensors(table, variables)
  for name, like in _absent_scales(table, variables).items():
    tensors[name] = np.ones_like(tensors[like])
  for name in [name for name in tensors if name.endswith(_MEAN)]:
    tensors[name.removesuffix(_MEAN) + _COUNTER] = np.zeros((), np.int64)
  return tensors


def sizes(model: Mapping[str, Any], tensors: Mapping[str, Any]) -> tuple[int, None]:
  """(number of classes, None) of a public state dict of the network that config.model describes."""
  return num_classes(tensors, model["backbone"]["type"]), None


def variable_shapes(
  model: Mapping[str, Any], num_classes: int, dim: None, build: Callable[[Mapping[str, Any], int], Any]
) -> dict[str, Any]:
  """Shapes of {"params", "batch_stats"} of the network that config.model describes; `build` makes the network."""
  del dim  # Clips have none.
  head = model.get("head", {"type": "pool"})
  head = dict(head, window=None) if head["type"] == "pool" else head
  channels = model["backbone"].get("in_channels", 3)
  clip = jax.ShapeDtypeStruct((1, _FRAMES, _SIDE, _SIDE, channels), np.float32)
  return dict(jax.eval_shape(build(dict(model, head=head), num_classes).init, jax.random.key(0), clip))


def import_model(model: Mapping[str, Any], tensors: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
  """Imports a public state dict as {"params", "batch_stats"} of these shapes."""
  return import_variables(tensors, model["backbone"]["type"], shapes)


def export_model(model: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """Exports {"params", "batch_stats"} as a public state dict."""
  return export_tensors(variables, model["backbone"]["type"])


def _rules(backbone_type: str) -> Sequence[Rule]:
  """The rules of a type of backbone; WeightsError for types without public weights."""
  if backbone_type not in RULES:
    raise WeightsError(f'no public weights are known for the backbone "{backbone_type}", only for: {", ".join(RULES)}')
  return RULES[backbone_type]


def _without_prefix(tensors: Mapping[str, Any]) -> dict[str, Any]:
  """The tensors without the prefix "module.", if all names have it."""
  prefixed = all(name.startswith(_PREFIX) for name in tensors)
  return {name.removeprefix(_PREFIX) if prefixed else name: array for name, array in tensors.items()}


def _absent_scales(table: Sequence[Rule], variables: Mapping[str, Any]) -> dict[str, str]:
  """Batch norms without factors in our model: public name of the factor -> that of the running mean beside it."""
  theirs = rules.slots(table, variables)
  found = {re.sub(rf"{re.escape(_MEAN)}$", ".weight", name): name for name in theirs if name.endswith(_MEAN)}
  return {name: mean for name, mean in found.items() if name not in theirs}


def _drop_scales_of_one(tensors: dict[str, Any], absent: Mapping[str, str]) -> None:
  """Removes factors that our model does not have; WeightsError if one is missing or is not one everywhere."""
  problems = []
  for name in absent:
    if name not in tensors:
      problems.append(f"{name}: missing")
    elif not np.array_equal(tensors[name], np.ones_like(tensors[name])):
      problems.append(f"{name}: not all one, so the model needs them: set norm_scale=True in the backbone")
    tensors.pop(name, None)
  if problems:
    raise WeightsError("weights and model do not fit:\n  " + "\n  ".join(problems))
