"""Translates the network of a YAML configuration of ActionFormer or TriDet to the section config.model."""

from typing import Any

from jaxvid.weights.yaml_keys import ACTIONFORMER, TRIDET, Keys


def model(keys: Keys) -> dict[str, Any]:
  """The section config.model of a YAML configuration; YamlError for values that cannot be translated."""
  neck = {
    "type": keys.choice("model.fpn_type", {"identity": "identity", "fpn": "fpn"}),
    "start_level": start_level(keys),
    "norm": keys.flag("model.fpn_with_ln"),
  }
  width, neck_width = _width(keys), keys.integer("model.fpn_dim")
  if neck["type"] == "fpn":
    neck["width"] = neck_width
  elif width != neck_width:
    raise keys.error("model.fpn_dim", f"{neck_width}, but without an FPN it must be the embedding's width, {width}")
  return {
    "backbone": _backbone(keys),
    "neck": neck,
    "head": _head(keys),
    "dtype": "float32",
    "padding": "reference",
  }


def _backbone(keys: Keys) -> dict[str, Any]:
  """The section config.model.backbone."""
  # Settings of all backbones.
  types = {ACTIONFORMER: ("convTransformer", "local_transformer"), TRIDET: ("SGP", "sgp")}
  theirs, ours = types[keys.system]
  kind = keys.choice("model.backbone_type", {theirs: ours, "conv": "conv"})
  settings = {
    "type": kind,
    "width": _width(keys),
    "depths": depths(keys),
    "scale_factor": keys.integer("model.scale_factor"),
    "embed_kernel": keys.integer("model.embd_kernel_size"),
    "embed_norm": keys.flag("model.embd_with_ln"),
    **_streams(keys),
  }
  keys.skip("train_cfg.dropout", "train_cfg.droppath", "model.use_abs_pe")  # Some backbones ignore them.
  if keys.system == ACTIONFORMER:
    keys.skip("model.n_head", "model.use_rel_pe")
  else:
    keys.skip("model.k", "model.sgp_mlp_dim", "model.downsample_type", "model.init_conv_vars")
  if kind == "conv":
    return settings

  # Settings of both Transformer and SGP.
  settings["drop_path"] = keys.number("train_cfg.droppath")
  settings["positions"] = "sinusoid" if keys.flag("model.use_abs_pe") else "none"
  settings["max_steps"] = keys.integer("dataset.max_seq_len")
  if kind == "local_transformer":
    # There, 1 or less means global attention, and an even window w reaches w / 2 steps to either side, as w + 1 does.
    windows = tuple(None if w <= 1 else w // 2 * 2 + 1 for w in _windows(keys))
    return settings | {
      "num_heads": keys.integer("model.n_head"),
      "window": windows[0] if len(set(windows)) == 1 else windows,
      "relative_positions": keys.flag("model.use_rel_pe"),
      "dropout": keys.number("train_cfg.dropout"),
    }
  windows = _windows(keys)
  if any(w < 1 or w % 2 == 0 for w in windows[1:]):
    raise keys.error("model.n_sgp_win_size", f"{windows}: windows must be positive odd numbers")
  mlp_width = keys.get("model.sgp_mlp_dim")
  return settings | {
    "window": windows[0] if len(set(windows)) == 1 else windows,
    "k": keys.number("model.k"),
    "mlp_width": None if mlp_width is None else keys.integer("model.sgp_mlp_dim"),
    "downsample": keys.choice("model.downsample_type", {"max": "max", "avg": "average"}),
    "init": keys.number("model.init_conv_vars"),
  }


def _streams(keys: Keys) -> dict[str, Any]:
  """Settings of concatenated features of several extractors, which only ActionFormer's code has."""
  dims, widths = keys.integers("dataset.input_dim"), keys.integers("model.embd_dim")
  if not isinstance(dims, tuple) and not isinstance(widths, tuple):
    return {}
  if keys.system == TRIDET or not isinstance(dims, tuple) or not isinstance(widths, tuple) or len(dims) != len(widths):
    raise keys.error("dataset.input_dim", f"{dims!r} and model.embd_dim {widths!r} do not fit each other")
  return {"input_dims": dims, "input_widths": widths}


def _head(keys: Keys) -> dict[str, Any]:
  """The section config.model.head."""
  settings = {
    "type": "point",
    "width": keys.integer("model.head_dim"),
    "num_layers": keys.integer("model.head_num_layers"),
    "kernel_size": keys.integer("model.head_kernel_size"),
    "norm": keys.flag("model.head_with_ln"),
    # Without a prior the bias is zero there, so that scores start at a half.
    "prior_prob": max(keys.number("train_cfg.cls_prior_prob"), 0.0) or 0.5,
    "empty_classes": tuple(keys.get("train_cfg.head_empty_cls") or ()),
  }
  if keys.system == TRIDET:
    num_bins, kernel_size = keys.integer("model.num_bins"), keys.integer("model.boudary_kernel_size")
    if keys.flag("model.use_trident_head"):
      settings |= {
        "type": "trident", "num_bins": num_bins, "boundary_kernel_size": kernel_size, "border": "zero_logit"
      }  # fmt: skip
  return settings


def depths(keys: Keys) -> tuple[int, int, int]:
  """Numbers of embedding convolutions, blocks at full resolution, and strided blocks."""
  values = keys.integers("model.backbone_arch")
  if not isinstance(values, tuple) or len(values) != 3:
    raise keys.error("model.backbone_arch", f"{values!r} is not three numbers")
  return values


def _width(keys: Keys) -> int:
  widths = keys.integers("model.embd_dim")
  return sum(widths) if isinstance(widths, tuple) else widths


def start_level(keys: Keys) -> int:
  """The first level of the backbone that the neck takes."""
  return keys.integer("model.fpn_start_level") if keys.system == ACTIONFORMER else 0


def _windows(keys: Keys) -> tuple[int, ...]:
  """The window of each level; in a YAML one number may stand for all levels."""
  key = {ACTIONFORMER: "model.n_mha_win_size", TRIDET: "model.n_sgp_win_size"}[keys.system]
  windows, levels = keys.integers(key), 1 + depths(keys)[2]
  windows = windows if isinstance(windows, tuple) else (windows,) * levels
  if len(windows) != levels:
    raise keys.error(key, f"{len(windows)} windows, but backbone_arch makes {levels} levels")
  return windows


def divisor(keys: Keys) -> int:
  """The number of which the padded lengths of long recordings are multiples in the public code."""
  strides = [keys.integer("model.scale_factor") ** level for level in range(start_level(keys), 1 + depths(keys)[2])]
  if keys.system == ACTIONFORMER:
    return max(s * (w // 2) * 2 if w > 1 else s for s, w in zip(strides, _windows(keys)))
  return max(s * w if w > 1 else s for s, w in zip(strides, _windows(keys)))
