"""The localization task: targets reach the right losses, the normalizer is explicit state, predictions are seconds."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid import losses
from jaxvid.models.localization.heads.point import PointOutputs
from jaxvid.models.localization.outputs import Pyramid
from jaxvid.tasks.detection import Detection
from jaxvid.tasks.localization import AUTOMATIC, Task

TASK = Task(num_classes=2, regression_ranges=((0, 4), (4, 100)), init_num_positives=50.0)
TIMING = dict(
  fps=np.float32([30, 25]),
  feat_stride=np.float32([4, 8]),
  num_frames=np.float32([16, 16]),
  duration=np.float32([2.6, 9]),
)


def make(rng, lengths=(16, 10), actions=((2, 7, 1), (9, 10.5, 0))):
  """Random outputs on two levels (16 and 8 points), and a batch of two with the same actions."""
  mask = np.arange(16) < np.array(lengths)[:, None]
  masks = jnp.asarray(mask), jnp.asarray(mask[:, ::2])
  logits = tuple(jnp.asarray(rng.normal(size=(2, n, 2)), jnp.float32) for n in (16, 8))
  offsets = tuple(jnp.asarray(rng.uniform(0.1, 4, size=(2, n, 2)), jnp.float32) for n in (16, 8))
  rows = np.array([*actions, (3, 9, 1)], float).reshape(-1, 3)  # The last is padding.
  batch = dict(
    segments=np.float32([rows[:, :2]] * 2),
    labels=np.int32([rows[:, 2]] * 2),
    segment_mask=np.array([[True] * len(actions) + [False]] * 2),
    **TIMING,
  )
  return PointOutputs(logits, Pyramid((), masks, (1, 2)), offsets), batch


def test_loss_is_what_it_says(rng):
  outputs, batch = make(rng)
  loss, metrics, state = TASK.loss(outputs, batch, TASK.init_state(), train=True)
  cls_targets, offset_targets = (np.asarray(x) for x in TASK.targets(outputs, batch))
  mask = np.concatenate(outputs.masks, axis=1)
  positive = cls_targets.any(-1) & mask
  assert 3 < positive.sum() == metrics["num_positives"]
  normalizer = 0.9 * 50 + 0.1 * positive.sum()
  np.testing.assert_allclose(state["num_positives"], normalizer, rtol=1e-6)
  focal = np.asarray(losses.sigmoid_focal(np.concatenate(outputs.cls_logits, axis=1), cls_targets))[mask].sum()
  diou = np.asarray(losses.diou_1d(np.concatenate(outputs.offsets, axis=1)[positive], offset_targets[positive])).sum()
  np.testing.assert_allclose(metrics["cls_loss"], focal / normalizer, rtol=1e-5)
  np.testing.assert_allclose(metrics["reg_loss"], diou / normalizer, rtol=1e-5)
  np.testing.assert_allclose(loss, (focal + diou) / normalizer, rtol=1e-5)


def test_state_moves_in_training_only(rng):
  outputs, batch = make(rng)
  state = TASK.init_state()
  assert TASK.loss(outputs, batch, state, train=False)[2]["num_positives"] == 50


def test_label_smoothing(rng):
  outputs, batch = make(rng)
  smoothed = dataclasses.replace(TASK, label_smoothing=0.3)
  _, metrics, state = smoothed.loss(outputs, batch, smoothed.init_state(), train=True)
  targets = np.asarray(TASK.targets(outputs, batch)[0]) * 0.7 + 0.3 / 3  # epsilon / (num_classes + 1)
  mask = np.concatenate(outputs.masks, axis=1)
  focal = np.asarray(losses.sigmoid_focal(np.concatenate(outputs.cls_logits, axis=1), targets))[mask].sum()
  np.testing.assert_allclose(metrics["cls_loss"], focal / state["num_positives"], rtol=1e-5)


def test_weights_and_automatic_balance(rng):
  outputs, batch = make(rng)
  values = {}
  for weight in (0.5, AUTOMATIC):
    task = dataclasses.replace(TASK, reg_weight=weight)
    loss, metrics, _ = task.loss(outputs, batch, task.init_state(), train=True)
    values[weight] = float(loss), float(metrics["cls_loss"]), float(metrics["reg_loss"])
  loss, cls, reg = values[0.5]
  np.testing.assert_allclose(loss, cls + 0.5 * reg, rtol=1e-6)
  loss, cls, reg = values[AUTOMATIC]
  np.testing.assert_allclose(loss, 2 * cls, rtol=1e-6)
  with pytest.raises(ValueError, match="reg_weight"):
    dataclasses.replace(TASK, reg_weight=-2.0)


def test_automatic_weight_has_no_gradient(rng):
  outputs, batch = make(rng)
  task = dataclasses.replace(TASK, reg_weight=AUTOMATIC)

  def gradient(task):
    return jax.grad(lambda o: task.loss(o, batch, task.init_state(), train=True)[0], allow_int=True)(outputs).cls_logits

  for a, b in zip(gradient(task), gradient(TASK)):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-8)  # As if the weight were a constant.


def test_batch_without_actions(rng):
  outputs, batch = make(rng)
  batch["segment_mask"][:] = False
  loss, metrics, state = TASK.loss(outputs, batch, TASK.init_state(), train=True)
  gradients = jax.grad(lambda o: TASK.loss(o, batch, TASK.init_state(), train=True)[0], allow_int=True)(outputs)
  assert np.isfinite(loss) and metrics["reg_loss"] == 0 and metrics["num_positives"] == 0
  np.testing.assert_allclose(state["num_positives"], 0.9 * 50 + 0.1 * 1, rtol=1e-6)  # Never less than one.
  assert all(np.all(np.isfinite(x)) for x in (*gradients.cls_logits, *gradients.offsets))


def test_padding_counts_nothing(rng):
  outputs, batch = make(rng)
  poisoned = outputs.replace(
    cls_logits=tuple(jnp.where(m[..., None], x, 50.0) for x, m in zip(outputs.cls_logits, outputs.masks))
  )
  assert TASK.loss(outputs, batch, TASK.init_state(), True)[0] == TASK.loss(poisoned, batch, TASK.init_state(), True)[0]
  found = TASK.predict(poisoned, batch)
  # Recording 1 has 10 valid steps: nothing is centred beyond them.
  centers = (np.asarray(found.segments[1]).mean(-1) * 25 / 8 - 1)[np.asarray(found.valid[1])]
  assert len(centers) and centers.max() < 10 + 4


def test_predictions_are_seconds_within_the_recording():
  masks = jnp.ones((2, 4), bool), jnp.ones((2, 2), bool)
  logits = jnp.full((2, 4, 2), -9.0).at[:, 2, 1].set(3.0), jnp.full((2, 2, 2), -9.0)
  offsets = jnp.full((2, 4, 2), 1.0).at[0, 2].set(jnp.array([1.0, 99.0])), jnp.full((2, 2, 2), 1.0)
  found = TASK.predict(PointOutputs(logits, Pyramid((), masks, (1, 2)), offsets), TIMING)
  # Point 2 with offsets 1, 1 is grid [1, 3]: (1 * 8 + 8) / 25 s to (3 * 8 + 8) / 25 s. The other ends with its
  # recording.
  np.testing.assert_allclose(found.segments[1, 0], [16 / 25, 32 / 25], rtol=1e-6)
  np.testing.assert_allclose(found.segments[0, 0], [12 / 30, 2.6], rtol=1e-6)
  assert found.labels[0, 0] == 1
  np.testing.assert_allclose(found.scores[0, 0], 1 / (1 + np.exp(-3)), rtol=1e-5)


def test_voting_is_for_class_agnostic_suppression(rng):
  outputs, batch = make(rng)
  with_voting, without = (
    dataclasses.replace(TASK, detection=Detection(multiclass=False, voting_threshold=threshold))
    for threshold in (0.3, 0.0)
  )
  a, b = with_voting.predict(outputs, batch), without.predict(outputs, batch)
  np.testing.assert_array_equal(a.scores, b.scores)
  assert np.abs(a.segments - b.segments).max() > 1e-3


def test_unknown_nms():
  with pytest.raises(ValueError, match="detection.nms: 'sofft' is none of soft, hard, none"):
    Detection(nms="sofft")
