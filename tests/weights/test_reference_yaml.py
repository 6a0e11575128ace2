"""What each key of a public configuration becomes here."""

import copy

import numpy as np
import pytest

from jaxvid.build import DATA, build
from jaxvid.tasks.base import build_network
from jaxvid.tasks.localization import Task
from jaxvid.train.optim import Optim
from jaxvid.weights.reference_yaml import YamlError, translate
from weights.public_configs import CONFIGS

ACTIONFORMER, TRIDET = "actionformer_thumos", "tridet_thumos"
FOLDERS = ["data/slowfast_features", "data/egovlp_features/"]


def changed(name, **keys):
  """A public configuration with some keys, SECTION__KEY or KEY, changed."""
  values = copy.deepcopy(CONFIGS[name])
  for key, value in keys.items():
    section, _, rest = key.partition("__")
    if rest:
      values.setdefault(section, {})[rest] = value
    else:
      values[section] = value
  return values


def part(config, path):
  for name in path.split("."):
    config = config[name]
  return config


@pytest.mark.parametrize("name", CONFIGS)
def test_public_configurations_build(name):
  """Nothing in them is left unread on either side."""
  translation = translate(CONFIGS[name])
  config = translation.config
  assert translation.system == name.partition("_")[0]
  build_network(config["model"], config["task"]["num_classes"])
  Task(**{key: value for key, value in config["task"].items() if key != "type"})
  build(DATA, config["data"], "data")
  Optim.from_config(config["optim"], config["train"]["epochs"]).make(10)
  assert config["model"]["padding"] == "reference" and config["optim"]["ema_warmup"] is False
  assert all(name.startswith("test_cfg.ext_score_file") for name in translation.notes)


@pytest.mark.parametrize(
  "name, keys, path, value",
  [
    # The network.
    (ACTIONFORMER, {}, "model.backbone.window", 19),
    (ACTIONFORMER, {"model__n_mha_win_size": [9, 9, 7, 6, 1, -1]}, "model.backbone.window", (9, 9, 7, 7, None, None)),
    (ACTIONFORMER, {"model__n_mha_win_size": -1}, "model.backbone.window", None),
    (ACTIONFORMER, {"model__use_rel_pe": True}, "model.backbone.relative_positions", True),
    (ACTIONFORMER, {"model__use_abs_pe": True}, "model.backbone.positions", "sinusoid"),
    (ACTIONFORMER, {"dataset__max_seq_len": 1152}, "model.backbone.max_steps", 1152),
    (ACTIONFORMER, {"train_cfg__dropout": 0.2}, "model.backbone.dropout", 0.2),
    (ACTIONFORMER, {"train_cfg__droppath": 0}, "model.backbone.drop_path", 0.0),
    (ACTIONFORMER, {"model__embd_with_ln": False}, "model.backbone.embed_norm", False),
    (ACTIONFORMER, {"model__fpn_with_ln": False}, "model.neck.norm", False),
    (ACTIONFORMER, {"model__head_with_ln": False}, "model.head.norm", False),
    (ACTIONFORMER, {"model__fpn_type": "fpn", "model__fpn_dim": 256}, "model.neck.width", 256),
    (ACTIONFORMER, {"model__backbone_type": "conv"}, "model.backbone.type", "conv"),
    (ACTIONFORMER, {"model__head_num_layers": 2}, "model.head.num_layers", 2),
    (ACTIONFORMER, {"train_cfg__head_empty_cls": [4]}, "model.head.empty_classes", (4,)),
    (ACTIONFORMER, {"train_cfg__cls_prior_prob": 0}, "model.head.prior_prob", 0.5),
    (TRIDET, {}, "model.backbone.init", 0.0),
    (TRIDET, {}, "model.head.type", "trident"),
    (TRIDET, {}, "model.head.border", "zero_logit"),
    (TRIDET, {"model__use_trident_head": False}, "model.head.type", "point"),
    (TRIDET, {"model__boudary_kernel_size": 1}, "model.head.boundary_kernel_size", 1),
    (TRIDET, {"model__n_sgp_win_size": [1, 3, 5, 5, 3, 1]}, "model.backbone.window", (1, 3, 5, 5, 3, 1)),
    (TRIDET, {"model__downsample_type": "avg"}, "model.backbone.downsample", "average"),
    (TRIDET, {"model__sgp_mlp_dim": None}, "model.backbone.mlp_width", None),
    (
      "actionformer_ego4d_slowfast",
      {},
      "task.regression_ranges",
      ((0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 128), (64, 10000)),
    ),  # fmt: skip
    # Training.
    (ACTIONFORMER, {}, "task.center_radius", 1.5),
    (ACTIONFORMER, {"train_cfg__center_sample": "none"}, "task.center_radius", None),
    (ACTIONFORMER, {"train_cfg__loss_weight": -1}, "task.reg_weight", -1.0),
    (ACTIONFORMER, {"train_cfg__loss_weight": 0}, "task.reg_weight", -1.0),
    (ACTIONFORMER, {"train_cfg__loss_weight": 0.2}, "task.reg_weight", 0.2),
    ("actionformer_epic_slowfast_noun", {}, "task.label_smoothing", 0.1),
    ("actionformer_epic_slowfast_noun", {}, "task.init_num_positives", 250.0),
    (TRIDET, {}, "task.iou_power", 0.2),
    (ACTIONFORMER, {}, "optim.lr", 1e-4),
    (ACTIONFORMER, {"devices": ["cuda:0", "cuda:1"]}, "optim.lr", 2e-4),
    (ACTIONFORMER, {"opt__learning_rate": "1e-3"}, "optim.lr", 1e-3),
    (ACTIONFORMER, {}, "train.epochs", 35),
    (ACTIONFORMER, {}, "optim.schedule.final_lr", 1e-8),
    ("tridet_anet_tsp", {}, "optim.schedule.final_lr", 5e-5),
    ("tridet_anet_tsp", {}, "optim.clip_norm", 0.4),
    (ACTIONFORMER, {"train_cfg__clip_grad_l2norm": -1}, "optim.clip_norm", None),
    (ACTIONFORMER, {"init_rand_seed": 7}, "seed", 7),
    # Data.
    (ACTIONFORMER, {}, "data.crop_window_margin", "half_clip"),
    (TRIDET, {}, "data.crop_window_margin", "none"),
    (TRIDET, {}, "data.input_noise", 5e-4),
    (ACTIONFORMER, {"dataset__crop_ratio": None}, "data.crop_ratio", None),
    ("actionformer_epic_slowfast_noun", {}, "data.crop_min_overlap", 0.3),
    ("actionformer_anet_tsp", {}, "data.resize_to", 192),
    ("actionformer_anet_tsp", {}, "data.clip_to_features", True),
    ("actionformer_anet_tsp", {}, "data.batch_size", 16),
    (ACTIONFORMER, {}, "data.dataset", "thumos14"),
    (ACTIONFORMER, {}, "data.train_split", "validation"),
    ("actionformer_epic_slowfast_noun", {}, "data.dataset", "epic100/noun"),
    ("actionformer_anet_i3d", {}, "data.dataset", "activitynet13/i3d"),
    ("tridet_hacs_slowfast", {}, "data.dataset", "hacs/slowfast"),
    (
      "actionformer_ego4d_slowfast",
      {"dataset__feat_folder": ["x/slowfast_features", "x/egovlp_features/"]},
      "data.dataset",
      "ego4d_mq/slowfast_egovlp",
    ),  # fmt: skip
    (ACTIONFORMER, {"dataset_name": "my-games"}, "data.dataset", "generic/my_games"),
    # Padding: windows of 9 make a multiple of 256, and the pyramid wants one of 32.
    ("actionformer_epic_slowfast_noun", {}, "data.pad_multiple", 256),
    (ACTIONFORMER, {"model__n_mha_win_size": [11, 11, 11, 11, -1, -1]}, "data.pad_multiple", 160),
    (ACTIONFORMER, {"model__n_mha_win_size": -1}, "data.pad_multiple", 32),
    (TRIDET, {"model__n_sgp_win_size": 5}, "data.pad_multiple", 160),
    # Detection.
    (ACTIONFORMER, {}, "task.detection.voting_weight", "score_iou"),
    (TRIDET, {}, "task.detection.voting_weight", "score"),
    ("tridet_anet_tsp", {}, "task.detection.multiclass", False),
    ("tridet_anet_tsp", {}, "task.detection.min_length", 0.1),
    (ACTIONFORMER, {"test_cfg__nms_method": "hard"}, "task.detection.nms", "hard"),
    (ACTIONFORMER, {}, "task.detection.max_detections", 200),
    ("actionformer_anet_tsp", {}, "eval.split", "validation"),
    ("actionformer_anet_tsp", {}, "eval.tious", (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)),
  ],
)
def test_a_key_becomes(name, keys, path, value):
  assert part(translate(changed(name, **keys)).config, path) == value


def test_streams_of_features():
  yaml = changed(
    "actionformer_ego4d_slowfast",
    dataset__input_dim=[2304, 1536, 256],
    model__embd_dim=[256, 384, 384],
    model__fpn_dim=1024,
  )
  translation = translate(yaml)
  backbone = translation.config["model"]["backbone"]
  assert (backbone["input_dims"], backbone["input_widths"]) == ((2304, 1536, 256), (256, 384, 384))
  assert backbone["width"] == 1024 and translation.features["dim"] == 4096


def test_the_feature_contract():
  assert translate(CONFIGS["tridet_hacs_slowfast"]).features == dict(fps=15, feat_stride=8, num_frames=32, dim=2304)
  assert translate(CONFIGS[ACTIONFORMER]).features == dict(fps=None, feat_stride=4, num_frames=16, dim=2048)


@pytest.mark.parametrize(
  "name, keys, message",
  [
    (ACTIONFORMER, {"model__n_heads": 4}, "model.n_heads: nothing here has a use for this"),
    (ACTIONFORMER, {"model__num_bins": 4}, "whose configuration this is: .*num_bins"),
    (ACTIONFORMER, {"model_name": "LocPointTransformer", "model__num_bins": 4}, "model.num_bins: nothing here"),
    (ACTIONFORMER, {"dataset__num_crops": 4, "opt__nesterov": 1}, "dataset.num_crops, opt.nesterov: nothing here"),
    (ACTIONFORMER, {"dataset__downsample_rate": 2}, r"downsample_rate: 2: thin out .* feat_stride: 8 and"),
    (ACTIONFORMER, {"dataset__feat_stride": -1}, "dataset.feat_stride: -1, .* force_upsampling"),
    (ACTIONFORMER, {"dataset__max_seq_len": 2300}, "max_seq_len: 2300 is no multiple of .* stride, 32"),
    (ACTIONFORMER, {"model__fpn_dim": 256}, "model.fpn_dim: 256, but without an FPN .* 512"),
    (ACTIONFORMER, {"model__n_mha_win_size": [9, 9]}, "n_mha_win_size: 2 windows, .* 6 levels"),
    (ACTIONFORMER, {"model__backbone_arch": [2, 2, 4]}, "regression_range: 6 ranges, .* 5 levels"),
    (ACTIONFORMER, {"model__backbone_type": "SGP"}, "whose configuration this is"),
    (ACTIONFORMER, {"model__fpn_type": "bifpn"}, "fpn_type: 'bifpn' is none of identity, fpn"),
    (
      ACTIONFORMER,
      {"dataset__input_dim": [1024, 1024]},
      r"input_dim: \(1024, 1024\) and model.embd_dim 512 do not fit",
    ),
    (ACTIONFORMER, {"test_cfg__max_seg_num": -1}, "max_seg_num: -1"),
    (ACTIONFORMER, {"test_cfg__nms_method": "fast"}, "nms_method: 'fast' is none of soft, hard, none"),
    (ACTIONFORMER, {"val_split": "test"}, "val_split: 'test' is not a list"),
    (TRIDET, {"model__n_sgp_win_size": 4}, "n_sgp_win_size: .* positive odd"),
    (TRIDET, {"model__downsample_type": "conv"}, "downsample_type: 'conv' is none of max, avg"),
  ],
)
def test_what_has_no_meaning_here_is_named(name, keys, message):
  with pytest.raises(YamlError, match=message):
    translate(changed(name, **keys))


def test_a_missing_key_is_named():
  yaml = changed(TRIDET)
  del yaml["model"]["sgp_mlp_dim"]
  with pytest.raises(YamlError, match="model.sgp_mlp_dim: missing"):
    translate(yaml)


@pytest.mark.parametrize(
  "keys, note",
  [
    ({"opt__early_stop_epochs": 20}, "opt.early_stop_epochs: 20"),
    ({"opt__warmup": False}, "opt.warmup"),
    ({"dataset_name": "games"}, "dataset_name: 'games' is not one of"),
    ({"test_cfg__ext_score_file": "a.json"}, "test_cfg.ext_score_file: a.json is not applied"),
  ],
)
def test_what_is_otherwise_here_is_said(keys, note):
  """But an evaluation is as it was: none of these stops the translation."""
  [found] = translate(changed(ACTIONFORMER, **keys)).notes
  assert found.startswith(note)


def test_sgd_and_multistep():
  yaml = changed(
    ACTIONFORMER, opt__type="SGD", opt__momentum=0.8, opt__schedule_type="multistep", opt__schedule_steps=[10]
  )
  config = translate(yaml).config
  optim = Optim.from_config(config["optim"], config["train"]["epochs"])
  assert (optim.type, optim.settings["momentum"]) == ("sgd", 0.8)
  _, lr = optim.make(steps_per_epoch=3)
  first = optim.schedule["warmup_epochs"] * 3 + 30
  np.testing.assert_allclose(lr(first) / lr(first - 1), yaml["opt"].get("schedule_gamma", 0.1), rtol=1e-5)


def test_score_fusion_where_the_files_are(tmp_path):
  scores, truth = tmp_path / "scores.json", tmp_path / "anet.json"
  scores.touch()
  truth.touch()
  yaml = changed("actionformer_anet_tsp", test_cfg__ext_score_file=str(scores), dataset__json_file=str(truth))
  translation = translate(yaml)
  assert translation.config["eval"]["score_fusion"] == str(scores)
  assert translation.config["eval"]["annotations"] == str(truth)
  assert not translation.notes
