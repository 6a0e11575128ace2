"""ActionFormer's public PyTorch weights: the names of its convTransformer backbone, identity neck and point heads.

A model that takes them needs padding="reference": the public code lets a norm's bias into padded steps.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxvid.weights.rules import Rule, import_state_dict


def _kernel(array):  # Conv1d (O, I, K) -> (K, I, O); depthwise (C, 1, K) -> (K, 1, C)
  return array.transpose(2, 1, 0)


def _dense(array):  # 1x1 Conv1d (O, I, 1) -> (I, O)
  return array[:, :, 0].T


def _same(array):
  return array


def _vector(array):  # (1, C, 1) -> (C,)
  return array.reshape(-1)


_BLOCK = r"backbone\.(stem|branch)\.(\d+)\."
_NORM_PARTS = {"weight": "scale", "bias": "bias"}
_ATTENTION_PARTS = {"query": "query", "key": "key", "value": "value", "proj": "output"}


def _norm(pattern, path):
  """The rules of one layer norm, whose weight and bias are (1, C, 1)."""
  return [Rule(rf"{pattern}\.{theirs}", f"{path}/norm/{ours}", _vector) for theirs, ours in _NORM_PARTS.items()]


def _linear(pattern, path):
  """The rules of one 1x1 convolution with a bias."""
  return [Rule(rf"{pattern}\.weight", f"{path}/kernel", _dense), Rule(rf"{pattern}\.bias", f"{path}/bias", _same)]


def _tower(theirs, ours):
  """The rules of a head's convolutions and norms before its last convolution."""
  return [
    Rule(rf"{theirs}\.head\.(\d+)\.conv\.weight", rf"head/{ours}/conv_\1/kernel", _kernel),
    *_norm(rf"{theirs}\.norm\.(\d+)", rf"head/{ours}/norm_\1"),
  ]


def _last_conv(theirs, ours):
  return [
    Rule(rf"{theirs}\.conv\.weight", f"head/{ours}/kernel", _kernel),
    Rule(rf"{theirs}\.conv\.bias", f"head/{ours}/bias", _same),
  ]


RULES = [
  Rule(r"backbone\.embd\.(\d+)\.conv\.weight", r"backbone/embedding/conv_\1/kernel", _kernel),
  *_norm(r"backbone\.embd_norm\.(\d+)", r"backbone/embedding/norm_\1"),
  *_norm(_BLOCK + "ln1", r"backbone/\1_\2/attention_norm"),
  *_norm(_BLOCK + "ln2", r"backbone/\1_\2/mlp_norm"),
  Rule(_BLOCK + r"attn\.(query|key|value)_conv\.conv\.weight", r"backbone/\1_\2/attention/\3_conv/kernel", _kernel),
  *_norm(_BLOCK + r"attn\.(query|key|value)_norm", r"backbone/\1_\2/attention/\3_norm"),
  *[
    rule
    for theirs, ours in _ATTENTION_PARTS.items()
    for rule in _linear(_BLOCK + rf"attn\.{theirs}", rf"backbone/\1_\2/attention/{ours}")
  ],
  Rule(_BLOCK + r"attn\.rel_pe", r"backbone/\1_\2/attention/relative_bias", lambda array: array[0, 0]),
  *_linear(_BLOCK + r"mlp\.0", r"backbone/\1_\2/mlp_in"),
  *_linear(_BLOCK + r"mlp\.3", r"backbone/\1_\2/mlp_out"),
  Rule(_BLOCK + r"drop_path_attn\.scale", r"backbone/\1_\2/attention_scale/scale/scale", _vector),
  Rule(_BLOCK + r"drop_path_mlp\.scale", r"backbone/\1_\2/mlp_scale/scale/scale", _vector),
  *_norm(r"neck\.fpn_norms\.(\d+)", r"neck/norm_\1"),
  *_tower("cls_head", "cls_tower"),
  *_tower("reg_head", "reg_tower"),
  *_last_conv(r"cls_head\.cls_head", "cls"),
  *_last_conv(r"reg_head\.offset_head", "reg"),
  Rule(r"reg_head\.scale", "head/level_scale", _same),
]

_LEVEL_SCALE = "reg_head.scale."


def import_params(state_dict: Mapping[str, np.ndarray], params: Mapping[str, Any]) -> dict:
  """Our parameters from ActionFormer's state dict; raises WeightsError naming whatever does not fit.

  Args:
    state_dict: name -> array, without a "module." prefix.
    params: our parameters or their shapes.
  """
  scales = {name: array for name, array in state_dict.items() if name.startswith(_LEVEL_SCALE)}
  rest = {name: array for name, array in state_dict.items() if name not in scales}
  # The head's factor a level is a scalar parameter each there, one vector here.
  ordered = sorted(scales, key=lambda name: int(name[len(_LEVEL_SCALE) :].split(".")[0]))
  rest["reg_head.scale"] = np.stack([np.asarray(scales[name]).reshape(()) for name in ordered])
  return import_state_dict(rest, RULES, params)
