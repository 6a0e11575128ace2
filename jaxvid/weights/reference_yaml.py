"""Translates a YAML configuration of ActionFormer or TriDet to a configuration of ours.

Every key is translated, or is known to have no effect here, or an error names it. Keys are spelled as in the public
code.
"""

import dataclasses
import math
import os
import re
from collections.abc import Mapping
from typing import Any

from jaxvid.weights import reference_model
from jaxvid.weights.yaml_keys import ACTIONFORMER, TRIDET, Keys, YamlError

__all__ = ["Translation", "YamlError", "translate"]

# Keys without effect on results: paths of features and numbers of processes. The point buffer only limits the length of
# recordings there.
_IRRELEVANT = (
  "output_folder",
  "loader.num_workers",
  "dataset.json_file",
  "dataset.feat_folder",
  "dataset.file_prefix",
  "dataset.file_ext",
  "dataset.backbone_type",
  "model.max_buffer_len_factor",
)
_THUMOS_TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)
_LOW, _HIGH = (0.1, 0.2, 0.3, 0.4, 0.5), tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
# dataset_name -> our dataset, the tIoU thresholds of the public evaluation, and whether actions beyond the end of the
# features are dropped there.
_DATASETS = {
  "thumos": ("thumos14", _THUMOS_TIOUS, False),
  "anet": ("activitynet13", _HIGH, True),
  "epic": ("epic100", _LOW, False),
  "ego4d": ("ego4d_mq", _LOW, False),
  "hacs": ("hacs", _HIGH, True),
}
# Final learning rate of the cosine schedule in ActionFormer's code, which has no key for it.
_ACTIONFORMER_FINAL_LR = 1e-8
_EMA = 0.999  # In both codes.


@dataclasses.dataclass(frozen=True)
class Translation:
  """A translated YAML configuration.

  Attributes:
    system: "actionformer" or "tridet".
    config: our configuration, without keys that have no counterpart in the YAML.
    features: fps (None if each recording has its own), feat_stride, num_frames and dim of the feature contract.
    notes: differences from the public code, a line each; outputs of the network are never affected.
  """

  system: str
  config: Mapping[str, Any]
  features: Mapping[str, Any]
  notes: tuple[str, ...]


def translate(source: str | os.PathLike | Mapping[str, Any]) -> Translation:
  """Translates a YAML file, or its values.

  Raises:
    YamlError: a key cannot be translated; names the file, the key and what to do.
  """
  keys, notes = Keys(source), []
  features = _features(keys)
  optim, epochs = _optim(keys, notes)
  config = {
    "seed": keys.integer("init_rand_seed"),
    "task": _task(keys),
    "model": reference_model.model(keys),
    "data": _data(keys),
    "optim": optim,
    "train": {"epochs": epochs},
    "eval": _eval(keys, notes),
  }
  keys.skip(*_IRRELEVANT)
  if unread := keys.unread():
    raise YamlError(
      f"{keys.where}: {', '.join(unread)}: nothing here has a use for this; remove it if it changes nothing"
    )
  return Translation(keys.system, config, features, tuple(notes))


def _features(keys):
  """The feature contract as far as the YAML tells it."""
  stride, frames = keys.number("dataset.feat_stride"), keys.number("dataset.num_frames")
  fps = keys.get("dataset.default_fps")
  if stride <= 0:
    raise keys.error(
      "dataset.feat_stride",
      f"{stride:g}, for features resized to a fixed number; give the true stride instead, and force_upsampling: "
      "true to resize them here",
    )
  if (rate := keys.integer("dataset.downsample_rate")) != 1:
    raise keys.error(
      "dataset.downsample_rate",
      f"{rate}: thin out the features themselves, features[::{rate}], and give feat_stride: {stride * rate:g} and "
      "downsample_rate: 1",
    )
  dims = keys.integers("dataset.input_dim")
  return {
    "fps": None if fps is None else keys.number("dataset.default_fps"),
    "feat_stride": stride,
    "num_frames": frames,
    "dim": sum(dims) if isinstance(dims, tuple) else dims,
  }


def _task(keys):
  """The section config.task."""
  task = {
    "type": "localization",
    "num_classes": keys.integer("dataset.num_classes"),
    "regression_ranges": _ranges(keys),
    "center_radius": keys.number("train_cfg.center_sample_radius"),
    "init_num_positives": keys.number("train_cfg.init_loss_norm"),
    # There, a weight that is not positive means automatic balancing.
    "reg_weight": max(keys.number("train_cfg.loss_weight"), 0.0) or -1.0,
    "label_smoothing": keys.number("train_cfg.label_smoothing"),
    "detection": _detection(keys),
  }
  if not keys.choice("train_cfg.center_sample", {"radius": True, "none": False}):
    task["center_radius"] = None
  if keys.system == TRIDET:
    power = keys.number("model.iou_weight_power")
    if keys.flag("model.use_trident_head"):
      task["iou_power"] = power
  return task


def _ranges(keys):
  """The regression range of each level."""
  ranges = keys.get("model.regression_range")
  levels = reference_model.depths(keys)[2] + 1 - reference_model.start_level(keys)
  try:
    ranges = tuple((float(low), float(high)) for low, high in ranges)
  except (TypeError, ValueError):
    raise keys.error("model.regression_range", f"{ranges!r} is not a list of pairs") from None
  if len(ranges) != levels:
    raise keys.error("model.regression_range", f"{len(ranges)} ranges, but backbone_arch makes {levels} levels")
  return tuple(tuple(int(x) if x == int(x) else x for x in pair) for pair in ranges)


def _detection(keys):
  """The section config.task.detection."""
  most = keys.integer("test_cfg.max_seg_num")
  if most < 1:
    raise keys.error("test_cfg.max_seg_num", f"{most}: give a positive number of detections a recording")
  top_k = keys.integer("test_cfg.pre_nms_topk")
  nms = keys.choice("test_cfg.nms_method", {name: name for name in ("soft", "hard", "none")})
  if nms == "none":  # Without suppression the public code keeps all candidates there are.
    most = len(_ranges(keys)) * top_k
  return {
    "pre_nms_score": keys.number("test_cfg.pre_nms_thresh"),
    "pre_nms_top_k": top_k,
    "min_length": keys.number("test_cfg.duration_thresh"),
    "nms": nms,
    "sigma": keys.number("test_cfg.nms_sigma"),
    "iou_threshold": keys.number("test_cfg.iou_threshold"),
    "min_score": keys.number("test_cfg.min_score"),
    "max_detections": most,
    "multiclass": keys.flag("test_cfg.multiclass_nms"),
    "voting_threshold": keys.number("test_cfg.voting_thresh"),
    "voting_weight": {ACTIONFORMER: "score_iou", TRIDET: "score"}[keys.system],
  }


def _data(keys):
  """The section config.data."""
  longest = keys.integer("dataset.max_seq_len")
  coarsest = keys.integer("model.scale_factor") ** reference_model.depths(keys)[2]
  if longest % coarsest:
    raise keys.error("dataset.max_seq_len", f"{longest} is no multiple of the coarsest level's stride, {coarsest}")
  ratio = keys.get("dataset.crop_ratio")
  if ratio is not None and (not isinstance(ratio, list | tuple) or len(ratio) != 2):
    raise keys.error("dataset.crop_ratio", f"{ratio!r} is not a pair")
  data = {
    "type": "sequences",
    "dataset": _dataset_name(keys),
    "train_split": _split(keys, "train_split"),
    "batch_size": keys.integer("loader.batch_size"),
    "max_len": longest,
    "buckets": (longest,),
    # The public code pads longer recordings to a multiple of the divisor. The pyramid needs a multiple of its coarsest
    # stride; where that is not the same, the public code stops with an error.
    "pad_multiple": math.lcm(reference_model.divisor(keys), coarsest),
    "crop_ratio": None if ratio is None else tuple(map(float, ratio)),
    "crop_min_overlap": keys.number("dataset.trunc_thresh"),
    "crop_window_margin": {ACTIONFORMER: "half_clip", TRIDET: "none"}[keys.system],
    "input_noise": keys.number("model.input_noise") if keys.system == TRIDET else 0.0,
  }
  if keys.flag("dataset.force_upsampling"):
    data["resize_to"] = longest
  if _dataset(keys)[2]:
    data["clip_to_features"] = True
  return data


def _optim(keys, notes):
  """(config.optim, epochs of the training)."""
  warmup, epochs = keys.integer("opt.warmup_epochs"), keys.integer("opt.epochs")
  final_lr = keys.number("opt.eta_min") if keys.system == TRIDET else _ACTIONFORMER_FINAL_LR
  optimizer, momentum = keys.choice("opt.type", {"AdamW": "adamw", "SGD": "sgd"}), keys.number("opt.momentum")
  milestones, gamma = tuple(keys.get("opt.schedule_steps")), keys.number("opt.schedule_gamma")
  schedule_type = keys.choice("opt.schedule_type", {"cosine": "warmup_cosine", "multistep": "warmup_multistep"})
  if not keys.flag("opt.warmup"):
    if warmup:
      notes.append(
        "opt.warmup: false lets the rate rise again in the last opt.warmup_epochs epochs there, but not here"
      )
    warmup, final_lr = 0, 0.0  # Without warm-up the public code takes PyTorch's own cosine, which ends at zero.
  early = keys.maybe("opt.early_stop_epochs")
  if early is not None and keys.integer("opt.early_stop_epochs") != warmup + epochs:
    notes.append(f"opt.early_stop_epochs: {early}; it is ignored: a training runs all {warmup + epochs} epochs")
  clip = keys.number("train_cfg.clip_grad_l2norm")
  devices = keys.get("devices")
  schedule = {"type": schedule_type, "warmup_epochs": warmup}
  if schedule_type == "warmup_cosine":
    schedule["final_lr"] = final_lr
  else:
    schedule |= {"milestones": milestones, "gamma": gamma}
  optim = {
    "type": optimizer,
    # There, the learning rate is multiplied by the number of devices.
    "lr": keys.number("opt.learning_rate") * (len(devices) if isinstance(devices, list | tuple) else 1),
    "weight_decay": keys.number("opt.weight_decay"),
    **({"momentum": momentum} if optimizer == "sgd" else {}),
    "clip_norm": clip if clip > 0 else None,
    "ema": _EMA,
    "ema_warmup": False,
    "schedule": schedule,
  }
  return optim, warmup + epochs


def _eval(keys, notes):
  """The section config.eval."""
  settings = {"type": "localization", "split": _split(keys, "val_split"), "tious": _dataset(keys)[1]}
  scores, truth = keys.get("test_cfg.ext_score_file"), keys.maybe("dataset.json_file")
  if keys.get("dataset_name") not in _DATASETS:
    notes.append(
      f"dataset_name: {keys.get('dataset_name')!r} is not one of {', '.join(_DATASETS)}, so its tIoU "
      "thresholds are not known. Set them with --config.eval.tious=..."
    )
  if scores is not None:
    if truth and os.path.exists(scores) and os.path.exists(truth):
      return settings | {"score_fusion": scores, "annotations": truth}
    notes.append(
      f"test_cfg.ext_score_file: {scores} is not applied, since it or dataset.json_file, {truth}, is missing. Evaluate "
      "with --config.eval.score_fusion=FILE --config.eval.annotations=FILE"
    )
  return settings


def _dataset(keys):
  """(name of our dataset, tIoU thresholds, whether actions beyond the features are dropped), see _DATASETS."""
  name = str(keys.get("dataset_name"))
  return _DATASETS.get(name, ("generic/" + re.sub(r"\W", "_", name), _THUMOS_TIOUS, False))


def _dataset_name(keys):
  """Name of our dataset with its configuration, such as "activitynet13/tsp", by features or classes."""
  name, *_ = _dataset(keys)
  dims, folders = keys.integers("dataset.input_dim"), keys.maybe("dataset.feat_folder") or ()
  if name == "epic100":
    config = {97: "verb", 300: "noun"}.get(keys.integer("dataset.num_classes"))
  elif name == "activitynet13":
    config = {512: "tsp", 2048: "i3d"}.get(dims)
  elif name == "ego4d_mq":
    folders = [folders] if isinstance(folders, str) else folders
    config = "_".join(os.path.basename(os.path.normpath(folder)).removesuffix("_features") for folder in folders)
  else:
    config = keys.maybe("dataset.backbone_type") if name == "hacs" else None
  return f"{name}/{config}" if config else name


def _split(keys, key):
  """The split of these subsets as a TFDS expression, such as "training+validation"."""
  subsets = keys.get(key)
  if not isinstance(subsets, list | tuple) or not subsets or not all(isinstance(name, str) for name in subsets):
    raise keys.error(key, f"{subsets!r} is not a list of the subsets' names")
  return "+".join(subsets)
