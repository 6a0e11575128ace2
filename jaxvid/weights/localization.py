"""Rules for the public PyTorch weights of ActionFormer and TriDet.

Embedding, necks and heads have the same names in both codes; the blocks of each backbone have rules of their own. A
model with public weights needs padding="reference", since norms' biases reach into padded steps there.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxvid.weights.rules import SAME, Layout, Rule, WeightsError, export_tensors, import_tensors

# Convolutions are (out, in, K) there and (K, in, out) here; depthwise ones (C, 1, K) and (K, 1, C).
KERNEL = Layout(lambda array: array.transpose(2, 1, 0), lambda array: array.transpose(2, 1, 0))
DENSE = Layout(lambda array: array[:, :, 0].T, lambda array: array.T[:, :, None])  # (out, in, 1), (in, out)
VECTOR = Layout(lambda array: array[0, :, 0], lambda array: array[None, :, None])  # (1, C, 1), (C,)
BIAS_TABLE = Layout(lambda array: array[0, 0], lambda array: array[None, None])  # (1, 1, heads, window)


def _norm(ours: str, theirs: str, layout: Layout = VECTOR) -> list[Rule]:
  """The rules of one norm; a layer norm's parameters are (1, C, 1) there, a group norm's (C,)."""
  parts = (("scale", "weight"), ("bias", "bias"))
  return [Rule(f"{ours}/norm/{our_part}", f"{theirs}.{part}", layout) for our_part, part in parts]


def _linear(ours: str, theirs: str, layout: Layout) -> list[Rule]:
  """The rules of one convolution, with its bias where it has one."""
  return [Rule(f"{ours}/kernel", f"{theirs}.weight", layout), Rule(f"{ours}/bias", f"{theirs}.bias")]


def _stack(ours: str, theirs_conv: str, theirs_norm: str) -> list[Rule]:
  """The rules of a ConvStack: the embedding, or a head's tower."""
  return [
    *_linear(rf"{ours}/conv_(\d+)", theirs_conv + r".\1.conv", KERNEL),
    *_norm(rf"{ours}/norm_(\d+)", theirs_norm + r".\1"),
  ]


def _head(name: str, theirs: str, last: str) -> list[Rule]:
  """The rules of one part of a head: its tower and its last convolution."""
  return [
    *_stack(f"head/{name}_tower", f"{theirs}.head", f"{theirs}.norm"),
    *_linear(f"head/{name}", f"{theirs}.{last}.conv", KERNEL),
  ]


_SHARED = [
  *_linear(r"backbone/input_(\d+)", r"backbone.proj.\1.conv", KERNEL),
  *_stack("backbone/embedding", "backbone.embd", "backbone.embd_norm"),
  *_linear(r"neck/lateral_(\d+)", r"neck.lateral_convs.\1.conv", KERNEL),
  *_linear(r"neck/depthwise_(\d+)", r"neck.fpn_convs.\1.conv", KERNEL),
  *_norm(r"neck/norm_(\d+)", r"neck.fpn_norms.\1"),
  *_head("cls", "cls_head", "cls_head"),
  *_head("start", "start_head", "cls_head"),
  *_head("end", "end_head", "cls_head"),
  *_head("reg", "reg_head", "offset_head"),
  Rule("head/level_scale", "reg_head.scale.{entry}.scale"),
]

_BLOCK, _THEIR_BLOCK = r"backbone/(stem|branch)_(\d+)", r"backbone.\1.\2"
_ATTENTION = {"query": "query", "key": "key", "value": "value", "output": "proj"}

_LOCAL_TRANSFORMER = [
  *_norm(f"{_BLOCK}/attention_norm", f"{_THEIR_BLOCK}.ln1"),
  *_norm(f"{_BLOCK}/mlp_norm", f"{_THEIR_BLOCK}.ln2"),
  Rule(rf"{_BLOCK}/attention/(query|key|value)_conv/kernel", rf"{_THEIR_BLOCK}.attn.\3_conv.conv.weight", KERNEL),
  *_norm(rf"{_BLOCK}/attention/(query|key|value)_norm", rf"{_THEIR_BLOCK}.attn.\3_norm"),
  *[
    rule
    for ours, theirs in _ATTENTION.items()
    for rule in _linear(f"{_BLOCK}/attention/{ours}", f"{_THEIR_BLOCK}.attn.{theirs}", DENSE)
  ],
  Rule(f"{_BLOCK}/attention/relative_bias", f"{_THEIR_BLOCK}.attn.rel_pe", BIAS_TABLE),
  *_linear(f"{_BLOCK}/mlp_in", f"{_THEIR_BLOCK}.mlp.0", DENSE),
  *_linear(f"{_BLOCK}/mlp_out", f"{_THEIR_BLOCK}.mlp.3", DENSE),
  Rule(f"{_BLOCK}/attention_scale/scale/scale", f"{_THEIR_BLOCK}.drop_path_attn.scale", VECTOR),
  Rule(f"{_BLOCK}/mlp_scale/scale/scale", f"{_THEIR_BLOCK}.drop_path_mlp.scale", VECTOR),
]

_DEPTHWISE = {"psi": "psi", "fc": "fc", "conv_w": "convw", "conv_kw": "convkw", "global_fc": "global_fc"}

_SGP = [
  *_norm(f"{_BLOCK}/branch_norm", f"{_THEIR_BLOCK}.ln"),
  *_norm(f"{_BLOCK}/mlp_norm", f"{_THEIR_BLOCK}.gn", SAME),
  *[
    rule
    for ours, theirs in _DEPTHWISE.items()
    for rule in _linear(f"{_BLOCK}/{ours}", f"{_THEIR_BLOCK}.{theirs}", KERNEL)
  ],
  *_linear(f"{_BLOCK}/mlp_in", f"{_THEIR_BLOCK}.mlp.0", DENSE),
  *_linear(f"{_BLOCK}/mlp_out", f"{_THEIR_BLOCK}.mlp.2", DENSE),
  *_linear(f"{_BLOCK}/downsample", f"{_THEIR_BLOCK}.downsample.1", DENSE),
  Rule(f"{_BLOCK}/branch_scale/scale/scale", f"{_THEIR_BLOCK}.drop_path_out.scale", VECTOR),
  Rule(f"{_BLOCK}/mlp_scale/scale/scale", f"{_THEIR_BLOCK}.drop_path_mlp.scale", VECTOR),
]

_CONV = _linear(f"{_BLOCK}/(conv1|conv2|downsample)", rf"{_THEIR_BLOCK}.\3.conv", KERNEL)

# Type of a backbone -> the rules of a network that has it.
RULES = {
  "local_transformer": _SHARED + _LOCAL_TRANSFORMER,
  "sgp": _SHARED + _SGP,
  "conv": _SHARED + _CONV,
}

STATE_DICT = "ema"  # Both codes evaluate the averaged weights.
_FIRST_CONV, _LAST_BIAS = "backbone.embd.0.conv.weight", "cls_head.cls_head.conv.bias"
_PROJECTIONS = r"backbone\.proj\.\d+\.conv\.weight"


def rules(backbone: str) -> list[Rule]:
  """The rules of networks with this type of backbone; WeightsError for types that the public code does not have."""
  if backbone not in RULES:
    raise WeightsError(f'the public code has no backbone "{backbone}"; it has: {", ".join(RULES)}')
  return RULES[backbone]


def import_params(tensors: Mapping[str, Any], params: Mapping[str, Any], backbone: str) -> dict:
  """Imports a public state dict as parameters of the shapes of `params`; see jaxvid.weights.rules.import_tensors."""
  return import_tensors(tensors, rules(backbone), params)


def export_params(params: Mapping[str, Any], backbone: str) -> dict[str, np.ndarray]:
  """Exports parameters as a public state dict; see jaxvid.weights.rules.export_tensors."""
  return export_tensors(rules(backbone), params)


def sizes(model: Mapping[str, Any], tensors: Mapping[str, Any]) -> tuple[int, int]:
  """(number of classes, length of a feature vector) of a public state dict."""
  del model  # The names of these tensors are the same in all networks.
  for name in (_FIRST_CONV, _LAST_BIAS):
    if name not in tensors:
      raise WeightsError(f"{name}: missing; is this a state dict of ActionFormer or TriDet?")
  streams = [np.shape(tensors[name])[1] for name in tensors if re.fullmatch(_PROJECTIONS, name)]
  return np.shape(tensors[_LAST_BIAS])[0], sum(streams) if streams else np.shape(tensors[_FIRST_CONV])[1]


def variable_shapes(
  model: Mapping[str, Any], num_classes: int, dim: int, build: Callable[[Mapping[str, Any], int], Any]
) -> dict[str, Any]:
  """Shapes of {"params"} of the network that config.model describes; `build` makes the network."""
  network = build(model, num_classes)
  steps = network.backbone.scale_factor ** network.backbone.depths[2]
  like = jax.ShapeDtypeStruct((1, steps, dim), jnp.float32), jax.ShapeDtypeStruct((1, steps), jnp.bool_)
  return dict(jax.eval_shape(network.init, jax.random.key(0), *like))


def import_model(model: Mapping[str, Any], tensors: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
  """Imports a public state dict as {"params"} of these shapes."""
  return {"params": import_params(tensors, shapes["params"], model["backbone"]["type"])}


def export_model(model: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """Exports {"params"}, or the parameters themselves, as a public state dict."""
  return export_params(variables.get("params", variables), model["backbone"]["type"])
