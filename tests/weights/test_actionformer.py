"""Parity with the public ActionFormer: its weights in, its numbers out (../shared/golden, tolerances given there)."""

import functools
import re

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import golden
from jaxvid.build import build_network
from jaxvid.tasks.localization import Task
from jaxvid.train.optim import Optim
from jaxvid.train.state import TrainState
from jaxvid.train.step import make_train_step
from jaxvid.weights.actionformer import RULES, import_params
from jaxvid.weights.rules import WeightsError

CASES = ["actionformer_identity", "actionformer_agnostic"]
LEVELS = 6


@functools.cache
def case(name):
  """(description, arrays, network, task, parameters) of a golden case."""
  description, arrays, weights = golden.load(name)
  model, train, test = (description["config"][part] for part in ("model", "train_cfg", "test_cfg"))
  width = model["embd_dim"]
  # Stochastic depth is off in the case while its channel scales are on; a rate of 1e-9 is just that.
  backbone = dict(
    type="local_transformer",
    width=width,
    num_heads=model["n_head"],
    window=model["n_mha_win_size"],
    depths=tuple(model["backbone_arch"]),
    drop_path=1e-9,
  )
  spec = dict(backbone=backbone, neck=dict(type="identity"), head=dict(type="point", width=width), padding="reference")
  network = build_network(spec, model["num_classes"])
  shapes = jax.eval_shape(
    network.init, jax.random.key(0), jnp.zeros((1, 256, model["input_dim"])), jnp.ones((1, 256), bool)
  )
  detection = dict(
    pre_nms_score=test["pre_nms_thresh"],
    pre_nms_top_k=test["pre_nms_topk"],
    min_length=test["duration_thresh"],
    nms=test["nms_method"],
    sigma=test["nms_sigma"],
    iou_threshold=test["iou_threshold"],
    min_score=test["min_score"],
    max_detections=test["max_seg_num"],
    multiclass=test["multiclass_nms"],
    voting_threshold=test["voting_thresh"],
  )
  task = Task(
    num_classes=model["num_classes"],
    regression_ranges=tuple(map(tuple, model["regression_range"])),
    center_radius=train["center_sample_radius"],
    init_num_positives=train["init_loss_norm"],
    reg_weight=train["loss_weight"],
    label_smoothing=train["label_smoothing"],
    detection=detection,
  )
  return description, arrays, network, task, import_params(weights, shapes["params"])


def video_batch(description, arrays, index):
  video = description["videos"][index]
  features = arrays[f"eval{index}/feats"]
  padded = np.zeros((1, video["padded"], features.shape[1]), np.float32)
  padded[0, : len(features)] = features
  timing = dict(fps="fps", feat_stride="feat_stride", num_frames="feat_num_frames", duration="duration")
  return dict(
    features=padded,
    mask=np.arange(video["padded"])[None] < len(features),
    **{ours: np.float32([video[theirs]]) for ours, theirs in timing.items()},
  )


@pytest.mark.parametrize("name", CASES)
def test_forward_and_detections(name):
  description, arrays, network, task, params = case(name)

  @jax.jit
  def run(batch):
    out = network.apply({"params": params}, *task.inputs(batch))
    return out, task.predict(out, batch)

  for index, video in enumerate(description["videos"]):
    out, found = run(video_batch(description, arrays, index))
    for level in range(LEVELS):
      for ours, key in ((out.cls_logits, "logits"), (out.offsets, "offsets")):
        theirs = arrays[f"eval{index}/{key}{level}"]
        golden.assert_close(ours[level][0, : len(theirs)], theirs, 1e-4, f"{key} of video {index}, level {level}")
    count = int(found.valid.sum())
    assert count == video["detections"]
    np.testing.assert_allclose(found.segments[0, :count], arrays[f"eval{index}/segments"], rtol=0, atol=1e-3)
    np.testing.assert_allclose(found.scores[0, :count], arrays[f"eval{index}/scores"], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(found.labels[0, :count], arrays[f"eval{index}/labels"])


@pytest.mark.parametrize("name", CASES)
def test_four_steps_of_training(name):
  description, arrays, network, task, params = case(name)
  settings = description["config"]["opt"]
  schedule = dict(
    type="warmup_cosine", warmup_epochs=settings["warmup_epochs"], epochs=settings["warmup_epochs"] + settings["epochs"]
  )
  optim = Optim(
    lr=settings["learning_rate"],
    weight_decay=settings["weight_decay"],
    schedule=schedule,
    clip_norm=description["config"]["train_cfg"]["clip_grad_l2norm"],
    ema=0.999,
    ema_warmup=False,
  )
  optimizer, rate = optim.make(steps_per_epoch=2)
  step = jax.jit(make_train_step(network, task, optimizer, rate, optim.ema_decay))
  state = TrainState(jnp.int32(0), params, {}, optimizer.init(params), params, task.init_state())
  batch = train_batch(arrays, description["config"]["model"])

  for expected in description["train_steps"]:
    state, metrics = step(state, batch, jax.random.key(0))
    for ours, theirs in (
      ("lr", "lr"),
      ("cls_loss", "cls_loss"),
      ("reg_loss", "reg_loss"),
      ("loss", "final_loss"),
      ("grad_norm", "grad_norm"),
    ):
      golden.assert_close(metrics[ours], expected[theirs], 1e-4, f"{ours} of step {expected['step']}")
    golden.assert_close(state.task_state["num_positives"], expected["loss_normalizer"], 1e-4, "normalizer")
    if expected["step"] == 0:
      # Adam's first moment is then (1 - beta_1) times the clipped gradient, which spares compiling the gradient alone.
      scale = (1 - optim.betas[0]) / max(expected["grad_norm"] / optim.clip_norm, 1)
      for ours, theirs in norms(
        optax.tree.scale(1 / scale, optax.tree.get(state.opt_state, "mu")), arrays, "grad_norm/"
      ):
        golden.assert_close(ours, theirs, 1e-4, "gradient norms")
  for tree, prefix in ((state.params, "param_norm/"), (state.ema, "ema_norm/")):
    for ours, theirs in norms(tree, arrays, prefix):
      golden.assert_close(ours, theirs, 1e-4, prefix)


def train_batch(arrays, model):
  count = sum(key.endswith("/labels") and key.startswith("train") for key in arrays)
  actions = max(len(arrays[f"train{i}/labels"]) for i in range(count))
  batch = dict(
    features=np.zeros((count, model["max_seq_len"], model["input_dim"]), np.float32),
    mask=np.zeros((count, model["max_seq_len"]), bool),
    segments=np.zeros((count, actions, 2), np.float32),
    labels=np.zeros((count, actions), np.int32),
    segment_mask=np.zeros((count, actions), bool),
  )
  for i in range(count):
    features, segments = arrays[f"train{i}/feats"], arrays[f"train{i}/segments"]
    batch["features"][i, : len(features)], batch["mask"][i, : len(features)] = features, True
    batch["segments"][i, : len(segments)], batch["segment_mask"][i, : len(segments)] = segments, True
    batch["labels"][i, : len(segments)] = arrays[f"train{i}/labels"]
  return batch


def norms(tree, arrays, prefix):
  """(ours, theirs), the norms of all tensors that the case names under `prefix`."""
  flat = flax.traverse_util.flatten_dict(tree, sep="/")
  names = [name for name in arrays if name.startswith(prefix)]
  assert len(names) > 200
  ours = []
  for name in names:
    theirs = name[len(prefix) :]
    if scale := re.fullmatch(r"reg_head\.scale\.(\d+)\.scale", theirs):
      ours.append(abs(flat["head/level_scale"][int(scale[1])]))
    else:
      rule = next(rule for rule in RULES if re.fullmatch(rule.pattern, theirs))
      ours.append(np.linalg.norm(np.asarray(flat[re.fullmatch(rule.pattern, theirs).expand(rule.path)]).ravel()))
  # Norm by norm, each to 1e-4 of itself, with a floor for those that are zero but for rounding.
  theirs = np.array([arrays[name] for name in names])
  floor = 1e-6 * theirs.max()
  return [(a, b) for a, b in zip(np.asarray(ours), theirs) if max(a, b) > floor]


def test_import_is_strict():
  description, _, weights = golden.load("actionformer_identity")
  *_, params = case("actionformer_identity")
  missing = dict(weights)
  del missing["backbone.stem.0.mlp.0.bias"]
  with pytest.raises(WeightsError, match="backbone/stem_0/mlp_in/bias: nothing fills this parameter"):
    import_params(missing, params)
  with pytest.raises(WeightsError, match="backbone.extra.weight: no rule knows this tensor"):
    import_params(dict(weights, **{"backbone.extra.weight": np.zeros(3)}), params)
  with pytest.raises(WeightsError, match=r"shape \(32,\) for head/cls/bias, which has \(6,\)"):
    import_params(dict(weights, **{"cls_head.cls_head.conv.bias": np.zeros(32)}), params)
  with pytest.raises(WeightsError, match="the model has no parameter backbone/branch_5"):
    extra = {name.replace("branch.4", "branch.5"): array for name, array in weights.items() if "branch.4" in name}
    import_params(dict(weights, **extra), params)
