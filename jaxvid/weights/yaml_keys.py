"""Reads a YAML configuration of ActionFormer or TriDet key by key, and reports keys that were not read.

As in the public codes, the file's values override defaults, which differ between the two codes.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

ACTIONFORMER, TRIDET = "actionformer", "tridet"
# model_name of a YAML file -> the public code it is for.
_MODEL_NAMES = {"LocPointTransformer": ACTIONFORMER, "TriDet": TRIDET}

_RANGES = [[0, 4], [4, 8], [8, 16], [16, 32], [32, 64], [64, 10000]]
_SHARED_DEFAULTS = {
  "init_rand_seed": 1234567891,
  "dataset_name": "epic",
  "devices": ["cuda:0"],
  "train_split": ["training"],
  "val_split": ["validation"],
  "dataset": dict(
    feat_stride=16, num_frames=32, default_fps=None, input_dim=2304, num_classes=97, downsample_rate=1,
    max_seq_len=2304, trunc_thresh=0.5, crop_ratio=None, force_upsampling=False,
  ),
  "loader": dict(batch_size=8, num_workers=4),
  "model": dict(
    fpn_type="identity", backbone_arch=[2, 2, 5], scale_factor=2, regression_range=_RANGES, embd_kernel_size=3,
    embd_dim=512, embd_with_ln=True, fpn_dim=512, fpn_with_ln=True, head_dim=512, head_kernel_size=3,
    head_num_layers=3, head_with_ln=True, max_buffer_len_factor=6.0, use_abs_pe=False,
  ),
  "train_cfg": dict(
    center_sample="radius", center_sample_radius=1.5, loss_weight=1.0, cls_prior_prob=0.01, init_loss_norm=2000,
    clip_grad_l2norm=-1, head_empty_cls=[], dropout=0.0, droppath=0.1, label_smoothing=0.0,
  ),
  "test_cfg": dict(
    pre_nms_thresh=0.001, pre_nms_topk=5000, iou_threshold=0.1, min_score=0.01, max_seg_num=1000, nms_method="soft",
    nms_sigma=0.5, duration_thresh=0.05, multiclass_nms=True, ext_score_file=None, voting_thresh=0.75,
  ),
  "opt": dict(
    type="AdamW", momentum=0.9, weight_decay=0.0, learning_rate=1e-3, epochs=30, warmup=True, warmup_epochs=5,
    schedule_type="cosine", schedule_steps=[], schedule_gamma=0.1,
  ),
}  # fmt: skip
_OWN_DEFAULTS = {
  ACTIONFORMER: {
    "model": dict(
      backbone_type="convTransformer", n_head=4, n_mha_win_size=-1, fpn_start_level=0, use_rel_pe=False
    ),
  },
  TRIDET: {
    "model": dict(
      backbone_type="SGP", n_sgp_win_size=-1, boudary_kernel_size=3, use_trident_head=True, downsample_type="max",
      k=1.5, init_conv_vars=0, num_bins=16, iou_weight_power=1.0, input_noise=0,
    ),
    "opt": dict(eta_min=1e-8),
  },
}  # fmt: skip
# Keys that only one of the codes has, and without a default.
_OWN_KEYS = {ACTIONFORMER: set(), TRIDET: {"model.sgp_mlp_dim"}}
_BACKBONE = "model.backbone_type"  # Both have the key, with values of their own.
# Keys of the section dataset that the public code copies into the section model.
_DERIVED = ("input_dim", "num_classes", "max_seq_len")


class YamlError(ValueError):
  """A YAML configuration that cannot be translated; the message names the file, the key and what is wrong."""


class Keys:
  """The values of a YAML file over the defaults of its code, by dotted key. Remembers which keys were read.

  Attributes:
    where: name of the file, for messages.
    system: ACTIONFORMER or TRIDET.
  """

  def __init__(self, source: str | os.PathLike | Mapping[str, Any]) -> None:
    self.where, values = _load(source)
    self.system = _system(values, self.where)
    self._values = _flatten(_DEFAULTS[self.system]) | _flatten(values)
    self._read = set()
    for name in _DERIVED:
      self._drop_derived(name)
    for key in ("model.train_cfg", "model.test_cfg", "model_name"):
      self._values.pop(key, None)

  def get(self, key: str) -> Any:
    """The value as the file has it; YamlError if there is none."""
    if key not in self._values:
      raise self.error(key, "missing")
    self._read.add(key)
    return self._values[key]

  def maybe(self, key: str) -> Any:
    """The value, or None where the key is neither in the file nor in the defaults."""
    return self.get(key) if key in self._values else None

  def number(self, key: str) -> float:
    """A number; also a word like 1e-4, which YAML does not take for a number without a point."""
    value = self.get(key)
    try:
      if isinstance(value, bool):
        raise ValueError
      return float(value)
    except (TypeError, ValueError):
      raise self.error(key, f"{value!r} is not a number") from None

  def integer(self, key: str) -> int:
    """A whole number."""
    value = self.number(key)
    if value != int(value):
      raise self.error(key, f"{value} is not a whole number")
    return int(value)

  def flag(self, key: str) -> bool:
    """True or false."""
    value = self.get(key)
    if not isinstance(value, bool):
      raise self.error(key, f"{value!r} is neither true nor false")
    return value

  def choice(self, key: str, meanings: Mapping[str, Any]) -> Any:
    """The meaning of a word: word -> meaning."""
    value = self.get(key)
    if not isinstance(value, str) or value not in meanings:
      raise self.error(key, f"{value!r} is none of {', '.join(meanings)}")
    return meanings[value]

  def integers(self, key: str) -> tuple[int, ...] | int:
    """One whole number, or several."""
    value = self.get(key)
    items = value if isinstance(value, list | tuple) else [value]
    if not items or not all(isinstance(item, int) and not isinstance(item, bool) for item in items):
      raise self.error(key, f"{value!r} is neither a whole number nor a list of such")
    return tuple(items) if isinstance(value, list | tuple) else value

  def skip(self, *keys: str) -> None:
    """Marks keys as read that have no effect here."""
    self._read.update(keys)

  def unread(self) -> list[str]:
    """The keys that nothing has read."""
    return [key for key in self._values if key not in self._read]

  def error(self, key: str, what: str) -> YamlError:
    """The error for a key, with file and key before `what`."""
    return YamlError(f"{self.where}: {key}: {what}")

  def _drop_derived(self, name):
    """Drops model.NAME, which the public code overwrites by dataset.NAME; YamlError if the two differ."""
    value, effective = self._values.pop(f"model.{name}", None), self._values[f"dataset.{name}"]
    if value is not None and value != effective:
      raise self.error(f"model.{name}", f"{value!r}, but dataset.{name}, which overrides it, is {effective!r}")


def _load(source):
  """(name for messages, values) of a YAML file, or of a mapping."""
  if isinstance(source, Mapping):
    where, values = "the YAML configuration", source
  else:
    import yaml  # Here, not above: not everything that imports this reads YAML.

    where = str(source)
    try:
      values = yaml.safe_load(pathlib.Path(source).read_text())
    except FileNotFoundError:
      raise YamlError(f"{where}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
      raise YamlError(f"{where}: not readable as YAML ({' '.join(str(error).split())})") from error
  if not isinstance(values, Mapping):
    raise YamlError(f"{where}: a mapping with the sections dataset, model, opt, ... expected, found {values!r}")
  for section, defaults in _SHARED_DEFAULTS.items():
    if isinstance(defaults, dict) and section in values and not isinstance(values[section], Mapping):
      raise YamlError(f"{where}: {section}: a mapping expected, found {values[section]!r}")
  return where, values


def _system(values, where):
  """The public code that a file is for, by its model_name or by keys that only one of the codes has."""
  if "model_name" in values:
    if values["model_name"] not in _MODEL_NAMES:
      raise YamlError(f"{where}: model_name: {values['model_name']!r} is none of {', '.join(_MODEL_NAMES)}")
    return _MODEL_NAMES[values["model_name"]]
  given, telling = _flatten(values), {}
  for system, defaults in _OWN_DEFAULTS.items():
    own = (_flatten(defaults).keys() | _OWN_KEYS[system]) - {_BACKBONE}
    telling[system] = sorted(own & given.keys())
    if given.get(_BACKBONE) == defaults["model"]["backbone_type"]:
      telling[system].append(_BACKBONE)
  found = [system for system, keys in telling.items() if keys]
  if len(found) == 1:
    return found[0]
  why = "; ".join(f"{', '.join(keys)} ({system})" for system, keys in telling.items() if keys)
  raise YamlError(
    f"{where}: model_name: not given, and the other keys do not tell whose configuration this is"
    f"{': ' + why if why else ''}; add model_name: {' or '.join(_MODEL_NAMES)}"
  )


def _flatten(values):
  """Dotted key -> value; sections are one level deep."""
  flat = {}
  for key, value in values.items():
    if isinstance(value, Mapping):
      flat |= {f"{key}.{name}": part for name, part in value.items()}
    else:
      flat[key] = value
  return flat


def _merge(defaults, own):
  """Shared defaults with those of one code on top, section by section."""
  return {
    section: dict(values, **own.get(section, {})) if isinstance(values, dict) else values
    for section, values in defaults.items()
  }


_DEFAULTS = {system: _merge(_SHARED_DEFAULTS, own) for system, own in _OWN_DEFAULTS.items()}
