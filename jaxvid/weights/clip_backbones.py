"""The names that public PyTorch code gives to the weights of clip networks: a backbone and the head "pool".

r2plus1d: torchvision, and VMZ's and IG-65M's networks in its names; i3d: the common PyTorch version of the original;
slow, slowfast, csn: pytorchvideo. Our tree is {"params": {"backbone": ..., "head": ...}, "batch_stats": {"backbone":
...}}; each of their state dicts holds both, and for every batch norm a counter `num_batches_tracked`, which nothing of
ours needs: it is passed over on the way in and an int64 zero on the way out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxvid.weights import rules
from jaxvid.weights.rules import Layout, Rule, WeightsError

# A convolution (out, in, T, H, W) there is (T, H, W, in, out) here; so is a depthwise one, whose `in` is 1.
KERNEL = Layout(lambda array: array.transpose(2, 3, 4, 1, 0), lambda array: array.transpose(4, 3, 0, 1, 2))
DENSE = Layout(np.transpose, np.transpose)  # (out, in), (in, out)
DENSE_CONV = Layout(lambda array: array[:, :, 0, 0, 0].T, lambda array: array.T[:, :, None, None, None])

_MEAN, _COUNTER = ".running_mean", ".num_batches_tracked"
# Pixels are a square of this side where only the shapes of variables matter: those do not depend on it.
_SIDE, _FRAMES = 32, 32
STATE_DICT = "raw"
_PREFIX = "module."  # Of a network that was saved from within DataParallel.


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
  found = [*_head("fc"), *_unit("stem_spatial", "stem.0", "stem.1"), *_unit("stem_temporal", "stem.3", "stem.4")]
  for i in range(4):
    block, their_block = rf"stage_{i}_block_(\d+)", rf"layer{i + 1}.\1"
    conv = rf"{their_block}.conv\2"
    found += _unit(rf"{block}/conv_(\d)_spatial", f"{conv}.0.0", f"{conv}.0.1")
    found += _unit(rf"{block}/conv_(\d)_temporal", f"{conv}.0.3", f"{conv}.1")
    found += _unit(f"{block}/shortcut", f"{their_block}.downsample.0", f"{their_block}.downsample.1")
  return found


def _i3d() -> list[Rule]:
  return [
    *_head("logits.conv3d", DENSE_CONV),
    *_unit(r"(Conv3d_\w+)", r"\1.conv3d", r"\1.bn"),
    *_unit(r"(Mixed_\w+)/(b\w+)", r"\1.\2.conv3d", r"\1.\2.bn"),
  ]


# Type of a backbone -> the rules of a network that has it, with the head "pool".
RULES = {"r2plus1d": _r2plus1d(), "i3d": _i3d(), "slow": _resnet(), "slowfast": _slowfast(), "csn": _resnet()}


def import_variables(tensors: Mapping[str, Any], backbone_type: str, shapes: Mapping[str, Any]) -> dict:
  """Our variables, with the values of a public state dict.

  An i3d without norm_scale takes a state dict whose batch norms' factors are all one, as in the public weights.

  Args:
    tensors: name -> array; names may begin with "module.".
    backbone_type: a key of RULES.
    shapes: {"params", "batch_stats"} of the network, as jax.eval_shape of its init gives them.

  Returns:
    {"params", "batch_stats"} of those shapes and types.

  Raises:
    WeightsError: tensors that no variable takes, variables that nothing fills, shapes that differ: all by name.
  """
  table = _rules(backbone_type)
  tensors = _without_prefix(tensors)
  counters = {mean.removesuffix(_MEAN) + _COUNTER for mean in rules.slots(table, shapes) if mean.endswith(_MEAN)}
  tensors = {name: array for name, array in tensors.items() if name not in counters}
  _drop_scales_of_one(tensors, _absent_scales(table, shapes))
  return rules.import_tensors(tensors, table, shapes)


def import_backbone(
  tensors: Mapping[str, Any], backbone_type: str, shapes: Mapping[str, Any]
) -> tuple[dict, list[str]]:
  """The backbone's variables alone, for a network with other classes or another head.

  Args:
    tensors, backbone_type: see import_variables; the head's tensors may be there or not.
    shapes: {"params": {"backbone": ...}, "batch_stats": {"backbone": ...}}; other parts are left aside.

  Returns:
    Variables of those shapes, and the names of the head's tensors that were left.

  Raises:
    WeightsError: as import_variables does, for all tensors but the head's.
  """
  head = {rule.theirs for rule in _rules(backbone_type) if rule.ours.startswith("params/head/")}
  tensors = _without_prefix(tensors)
  left = [name for name in tensors if name in head]
  backbone = {name: array for name, array in tensors.items() if name not in head}
  parts = {collection: {"backbone": part["backbone"]} for collection, part in shapes.items()}
  return import_variables(backbone, backbone_type, parts), left


def num_classes(tensors: Mapping[str, Any], backbone_type: str) -> int:
  """How many classes a public state dict of a network with this backbone scores.

  Raises:
    WeightsError: it has no classifier by the name that it should have.
  """
  name = next(rule.theirs for rule in _rules(backbone_type) if rule.ours == "params/head/classifier/bias")
  tensors = _without_prefix(tensors)
  if name not in tensors:
    raise WeightsError(f"{name}: missing, so these are not the weights of a network with the backbone {backbone_type}")
  return len(tensors[name])


def export_tensors(variables: Mapping[str, Any], backbone_type: str) -> dict[str, np.ndarray]:
  """A public state dict with the values of {"params", "batch_stats"}: what import_variables takes back."""
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
  """{"params", "batch_stats"} of the network that config.model describes, as shapes; `build` makes the network."""
  del dim  # Clips have none.
  head = model.get("head", {"type": "pool"})
  head = dict(head, window=None) if head["type"] == "pool" else head
  channels = model["backbone"].get("in_channels", 3)
  clip = jax.ShapeDtypeStruct((1, _FRAMES, _SIDE, _SIDE, channels), np.float32)
  return dict(jax.eval_shape(build(dict(model, head=head), num_classes).init, jax.random.key(0), clip))


def import_model(model: Mapping[str, Any], tensors: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
  """{"params", "batch_stats"} of these shapes from a public state dict."""
  return import_variables(tensors, model["backbone"]["type"], shapes)


def export_model(model: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """The public state dict of {"params", "batch_stats"}."""
  return export_tensors(variables, model["backbone"]["type"])


def _rules(backbone_type: str) -> Sequence[Rule]:
  if backbone_type not in RULES:
    raise WeightsError(f'no public weights are known for the backbone "{backbone_type}"; for: {", ".join(RULES)}')
  return RULES[backbone_type]


def _without_prefix(tensors: Mapping[str, Any]) -> dict[str, Any]:
  prefixed = all(name.startswith(_PREFIX) for name in tensors)
  return {name.removeprefix(_PREFIX) if prefixed else name: array for name, array in tensors.items()}


def _absent_scales(table: Sequence[Rule], variables: Mapping[str, Any]) -> dict[str, str]:
  """Names of the batch norms' factors that our model does without -> names of the running means beside them."""
  theirs = rules.slots(table, variables)
  found = {re.sub(rf"{re.escape(_MEAN)}$", ".weight", name): name for name in theirs if name.endswith(_MEAN)}
  return {name: mean for name, mean in found.items() if name not in theirs}


def _drop_scales_of_one(tensors: dict[str, Any], absent: Mapping[str, str]) -> None:
  """Removes the factors that the model does without, and complains of those that are missing or would be needed."""
  problems = []
  for name in absent:
    if name not in tensors:
      problems.append(f"{name}: missing")
    elif not np.array_equal(tensors[name], np.ones_like(tensors[name])):
      problems.append(f"{name}: not all one, so the model needs them: set norm_scale=True of the backbone")
    tensors.pop(name, None)
  if problems:
    raise WeightsError("weights and model do not fit:\n  " + "\n  ".join(problems))
