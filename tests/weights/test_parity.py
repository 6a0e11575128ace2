"""Parity with the public ActionFormer and TriDet: their configuration and weights in, their numbers out.

The cases are in ../shared/golden, with the tolerances. Configurations go through the translation of YAML files, so what
a user imports runs with the very settings that are compared here.
"""

import dataclasses
import functools

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import golden
from jaxvid import convert
from jaxvid.data.batches import collate
from jaxvid.models.localization.heads.trident import TridentOutputs
from jaxvid.tasks.base import build_network
from jaxvid.tasks.localization import Task
from jaxvid.train.optim import Optim
from jaxvid.train.state import TrainState
from jaxvid.train.step import make_train_step
from jaxvid.weights import localization
from jaxvid.weights.reference_yaml import translate
from jaxvid.weights.rules import slots
from same_detections import assert_same_detections

CASES = (
  "actionformer_identity",
  "actionformer_agnostic",
  "actionformer_fpn",
  "actionformer_conv",
  "tridet_plainhead",
  "tridet_trident",
)


def cases(*fast):
  """All cases, of which only these are in the default tests: compiling the others takes long."""
  return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in CASES]


LEVELS = 6


@dataclasses.dataclass(frozen=True)
class Case:
  """A golden case as objects: what the translation of its configuration makes of it, and the imported parameters."""

  description: dict
  arrays: dict
  config: dict
  params: dict

  @functools.cached_property
  def network(self):
    model = self.config["model"]
    if "drop_path" in model["backbone"]:
      # Stochastic depth is off in the cases while its channel scales are on; a rate of 1e-9 is just that.
      model = dict(model, backbone=dict(model["backbone"], drop_path=1e-9))
    return build_network(model, self.config["task"]["num_classes"])

  @functools.cached_property
  def task(self):
    return Task(**{key: value for key, value in self.config["task"].items() if key != "type"})


@functools.cache
def case(name):
  description, arrays, weights = golden.load(name)
  config = translate(description["config"]).config
  return Case(description, arrays, config, convert.import_torch(config["model"], weights)["params"])


def video_batch(case, index):
  """A batch of one video, padded as the settings say; the timing is the video's own."""
  video, data = case.description["videos"][index], case.config["data"]
  timing = dict(fps="fps", feat_stride="feat_stride", num_frames="feat_num_frames", duration="duration")
  record = dict(
    features=case.arrays[f"eval{index}/feats"],
    segments=np.zeros((0, 2)),
    labels=np.zeros(0, int),
    **{ours: video[theirs] for ours, theirs in timing.items()},
  )
  batch = collate([record], data["buckets"], data["pad_multiple"])
  assert batch["mask"].shape[1] == video["padded"]
  return batch


@pytest.mark.parametrize("name", cases("actionformer_agnostic", "actionformer_conv"))
def test_forward_and_detections(name):
  this = case(name)

  @jax.jit
  def run(batch):
    out = this.network.apply({"params": this.params}, *this.task.inputs(batch))
    return out, this.task.predict(out, batch)

  for index, video in enumerate(this.description["videos"]):
    out, found = run(video_batch(this, index))
    regression = out.bins if isinstance(out, TridentOutputs) else out.offsets
    for level in range(LEVELS):
      for ours, key in ((out.cls_logits, "logits"), (regression, "offsets")):
        theirs = this.arrays[f"eval{index}/{key}{level}"]
        golden.assert_close(ours[level][0, : len(theirs)], theirs, 1e-4, f"{key} of video {index}, level {level}")
    count = int(found.valid.sum())
    assert count == video["detections"]
    parts = ("segments", "scores", "labels")
    assert_same_detections(
      *(np.asarray(getattr(found, part))[0, :count] for part in parts),
      *(this.arrays[f"eval{index}/{part}"] for part in parts),
    )


@pytest.mark.parametrize("name", cases("actionformer_conv"))
def test_four_steps_of_training(name):
  this = case(name)
  optim = Optim.from_config(this.config["optim"], this.config["train"]["epochs"])
  optimizer, rate = optim.make(steps_per_epoch=2)
  step = jax.jit(make_train_step(this.network, this.task, optimizer, rate, optim.ema_decay))
  params = this.params
  state = TrainState(jnp.int32(0), params, {}, optimizer.init(params), params, this.task.init_state())
  batch = train_batch(this)

  for expected in this.description["train_steps"]:
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
      scale = (1 - optim.settings.get("b1", 0.9)) / max(expected["grad_norm"] / optim.clip_norm, 1)
      assert_same_norms(this, optax.tree.scale(1 / scale, optax.tree.get(state.opt_state, "mu")), "grad_norm/")
  assert_same_norms(this, state.params, "param_norm/")
  assert_same_norms(this, state.ema, "ema_norm/")


def train_batch(this):
  """The case's batch, in grid units already and padded as in training."""
  count = sum(key.startswith("train") and key.endswith("/labels") for key in this.arrays)
  records = [
    {key: this.arrays[f"train{i}/{theirs}"] for key, theirs in zip(("features", *SEGMENT), ("feats", *SEGMENT))}
    | dict(fps=1, feat_stride=1, num_frames=1, duration=1)
    for i in range(count)
  ]
  return collate(records, this.config["data"]["buckets"])


SEGMENT = ("segments", "labels")


def assert_same_norms(this, tree, prefix):
  """The norms of all tensors, each to 1e-4 of itself, with a floor for those that are zero but for rounding."""
  tensors = localization.export_params(jax.device_get(tree), this.config["model"]["backbone"]["type"])
  assert len(tensors) == len(this.description["state_dict"])
  names = [name for name in tensors if f"{prefix}{name}" in this.arrays]
  assert len(names) > 0.9 * len(tensors)  # What never gets a gradient has no norm in the case.
  theirs = {name: float(this.arrays[f"{prefix}{name}"]) for name in names}
  floor = 1e-6 * max(theirs.values())
  for name in names:
    norm = np.linalg.norm(tensors[name].ravel())
    if max(norm, theirs[name]) > floor:
      golden.assert_close(norm, theirs[name], 1e-4, f"{prefix}{name}")


@pytest.mark.parametrize("name", CASES)
def test_every_parameter_has_its_tensor(name):
  this = case(name)
  places = slots(localization.rules(this.config["model"]["backbone"]["type"]), this.params)
  assert {name: list(place.shape) for name, place in places.items()} == this.description["state_dict"]
  total = sum(x.size for x in flax.traverse_util.flatten_dict(this.params).values())
  assert total == this.description["parameters"]
