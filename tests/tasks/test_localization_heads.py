"""The localization task with the outputs of the trident and the decoupled head."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from jaxvid import losses
from jaxvid.models.localization.heads.decoupled import DecoupledOutputs
from jaxvid.models.localization.heads.trident import TridentOutputs
from jaxvid.models.localization.outputs import Pyramid
from jaxvid.ops.boundary_bins import expected_distances
from jaxvid.tasks.detection import Detection
from jaxvid.tasks.localization import Task

CLASSES, BINS = 3, 4
TASK = Task(num_classes=CLASSES, regression_ranges=((0, 4), (4, 100)), init_num_positives=50.0)


def make(rng, **heads):
  """Outputs on two levels (16 and 8 points) of two recordings, 16 and 10 steps long, with their actions.

  Two of the actions have the same place and different classes, so a point learns both.
  """
  mask = np.arange(16) < np.array([[16], [10]])
  pyramid = Pyramid((), (jnp.asarray(mask), jnp.asarray(mask[:, ::2])), (1, 2))
  draw = lambda width: tuple(jnp.asarray(rng.normal(size=(2, n, width)), jnp.float32) for n in (16, 8))  # noqa: E731
  rows = np.array([(2, 7, 1), (9, 10.5, 0), (9, 10.5, 2), (3, 9, 1)])
  batch = dict(
    segments=np.float32([rows[:, :2]] * 2),
    labels=np.int32([rows[:, 2]] * 2),
    segment_mask=np.array([[True, True, True, False]] * 2),
    fps=np.float32([30, 25]),
    feat_stride=np.float32([4, 8]),
    num_frames=np.float32([16, 16]),
    duration=np.float32([9, 9]),
  )
  return pyramid, draw, batch


def trident(rng, border="masked"):
  pyramid, draw, batch = make(rng)
  bins = tuple(abs(level) for level in draw(2 * (BINS + 1)))
  return TridentOutputs(draw(CLASSES), pyramid, bins, draw(CLASSES), draw(CLASSES), border), batch


def decoupled(rng, error_weight=0.2, error_power=1.0):
  pyramid, draw, batch = make(rng)
  positive = lambda: tuple(0.1 + abs(level) for level in draw(2))  # noqa: E731
  levels = (positive() for _ in range(3))
  return DecoupledOutputs(draw(CLASSES), pyramid, *levels, error_weight, error_power), batch


def join(levels):
  return np.concatenate([np.asarray(level) for level in levels], axis=1)


def test_trident_loss_counts_points_and_classes(rng):
  outputs, batch = trident(rng)
  task = dataclasses.replace(TASK, iou_power=0.5, label_smoothing=0.1)
  _, metrics, state = task.loss(outputs, batch, task.init_state(), train=True)
  cls_targets, offset_targets = (np.asarray(x) for x in task.targets(outputs, batch))
  mask = join(outputs.masks)
  levels = zip(outputs.bins, outputs.start_logits, outputs.end_logits, outputs.masks)
  distances = join([expected_distances(*level, "masked") for level in levels])
  focal = np.array(losses.sigmoid_focal(join(outputs.cls_logits), cls_targets * 0.9 + 0.1 / 4))
  reg, pairs = 0.0, 0
  for b, p, c in np.argwhere((cls_targets > 0) & mask[..., None]):
    reg += float(losses.diou_1d(distances[b, p, c], offset_targets[b, p]))
    focal[b, p, c] *= float(losses.iou_1d(distances[b, p, c], offset_targets[b, p])) ** 0.5
    pairs += 1
  positives = int((cls_targets.any(-1) & mask).sum())
  assert pairs > positives == metrics["num_positives"]  # Points that learn two classes.
  np.testing.assert_allclose(metrics["reg_loss"], reg / state["num_positives"], rtol=1e-5)
  np.testing.assert_allclose(metrics["cls_loss"], focal[mask].sum() / state["num_positives"], rtol=1e-5)


def test_trident_predicts_each_class_its_own_segment(rng):
  outputs, batch = trident(rng)
  how = Detection(nms="none", max_detections=72, pre_nms_score=0.0, min_length=-1.0)
  found = dataclasses.replace(TASK, detection=how).predict(outputs, batch)
  levels = zip(outputs.bins, outputs.start_logits, outputs.end_logits, outputs.masks)
  expected = []
  for stride, logits, level in zip((1, 2), outputs.cls_logits, levels):
    distances = np.asarray(expected_distances(*level, "masked"))[0] * stride
    position = stride * np.arange(len(distances))[:, None]
    segments = np.stack([position - distances[..., 0], position + distances[..., 1]], -1)
    expected += zip(np.asarray(jax.nn.sigmoid(logits[0])).ravel(), segments.reshape(-1, 2))
  expected.sort(key=lambda row: -row[0])
  seconds = np.clip((np.array([segment for _, segment in expected]) * 4 + 8) / 30, 0, 9)
  np.testing.assert_allclose(found.segments[0], seconds, atol=1e-4)


def test_decoupled_loss_adds_coarse_offsets_and_errors(rng):
  outputs, batch = decoupled(rng, error_weight=0.3)
  task = dataclasses.replace(TASK, reg_weight=2.0)
  loss, metrics, state = task.loss(outputs, batch, task.init_state(), train=True)
  cls_targets, offset_targets = (np.asarray(x) for x in task.targets(outputs, batch))
  positive = cls_targets.any(-1) & join(outputs.masks)
  target, offsets = offset_targets[positive], join(outputs.offsets)[positive]
  coarse = np.asarray(losses.diou_1d(join(outputs.coarse_offsets)[positive], target)).sum()
  errors = join(outputs.errors)[positive]
  missed = np.abs(offsets - target) / target.sum(-1, keepdims=True)
  likelihood = (np.log(errors) + missed / errors).sum()
  np.testing.assert_allclose(metrics["coarse_loss"], coarse / state["num_positives"], rtol=1e-5)
  np.testing.assert_allclose(metrics["error_loss"], likelihood / state["num_positives"], rtol=1e-4)
  total = metrics["cls_loss"] + 2 * (metrics["reg_loss"] + metrics["coarse_loss"]) + 0.3 * metrics["error_loss"]
  np.testing.assert_allclose(loss, total, rtol=1e-6)


def test_errors_learn_from_offsets_and_do_not_steer_them(rng):
  outputs, batch = decoupled(rng)

  def gradient(weight):
    weighted = outputs.replace(error_weight=weight)
    return jax.grad(lambda o: TASK.loss(o, batch, TASK.init_state(), True)[0], allow_int=True)(weighted)

  with_errors, without = gradient(1.0), gradient(0.0)
  for a, b in zip(with_errors.offsets, without.offsets):
    np.testing.assert_array_equal(a, b)
  assert any(np.any(np.asarray(level)) for level in with_errors.errors)
  assert not any(np.any(np.asarray(level)) for level in without.errors)


def test_errors_lower_the_score(rng):
  outputs, batch = decoupled(rng)

  def score(power):
    how = Detection(nms="none", max_detections=1, pre_nms_score=0.0)
    return dataclasses.replace(TASK, detection=how).predict(outputs.replace(error_power=power), batch).scores[0, 0]

  plain, halved = score(0.0), score(0.5)
  probability = np.asarray(jax.nn.sigmoid(join(outputs.cls_logits)[0]))
  trust = (1 + join(outputs.errors)[0].sum(-1)) ** -0.5
  np.testing.assert_allclose(plain, probability.max(), rtol=1e-6)
  np.testing.assert_allclose(halved, (probability * trust[:, None]).max(), rtol=1e-6)
