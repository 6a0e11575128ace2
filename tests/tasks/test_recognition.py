"""Recognition's loss and predictions, by hand."""

from collections import OrderedDict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.models.recognition.outputs import ClipFeatures, ClipOutputs
from jaxvid.tasks.recognition import Task


def outputs(logits):
  logits = jnp.asarray(logits, jnp.float32)
  last = jnp.zeros((len(logits), 1, 1, 1, 2))
  return ClipOutputs(
    logits, jnp.arange(2.0 * len(logits)).reshape(-1, 2), ClipFeatures(OrderedDict(last=last), (last,))
  )


def loss(task, logits, train=True, **batch):
  batch = {"video": jnp.zeros((len(logits), 2, 2, 2, 3), jnp.uint8)} | {k: jnp.asarray(v) for k, v in batch.items()}
  value, metrics, state = task.loss(outputs(logits), batch, task.init_state(), train)
  assert state == {} and metrics["loss"] == value
  return float(value), float(metrics["accuracy"])


def nll(logits, k):
  return float(np.log(np.exp(logits).sum()) - logits[k])


def test_cross_entropy():
  logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
  value, accuracy = loss(Task(3), logits, label=[1, 0])
  assert value == pytest.approx((nll(logits[0], 1) + nll(logits[1], 0)) / 2, rel=1e-5)
  assert accuracy == 0.5


def test_label_smoothing_is_for_training():
  logits = np.array([[1.0, 2.0, 0.5]])
  smooth = 0.9 * nll(logits[0], 1) + 0.1 * np.mean([nll(logits[0], k) for k in range(3)])
  assert loss(Task(3, 0.1), logits, label=[1])[0] == pytest.approx(smooth, rel=1e-5)
  assert loss(Task(3, 0.1), logits, train=False, label=[1])[0] == pytest.approx(nll(logits[0], 1), rel=1e-5)


def test_weights():
  logits = np.array([[1.0, 2.0], [0.0, 3.0]])
  value, _ = loss(Task(2), logits, label=[1, 0], weight=[3.0, 1.0])
  assert value == pytest.approx((3 * nll(logits[0], 1) + nll(logits[1], 0)) / 4, rel=1e-5)


def test_mixup(rng):
  video = jnp.asarray(rng.integers(0, 256, (3, 2, 2, 2, 3)), jnp.uint8)
  mix = dict(mix_weight=jnp.array([0.25, 1.0, 0.5]), mix_partner=jnp.array([2, 0, 1]))
  [mixed] = Task(3).inputs(dict(video=video, **mix))
  expected = 0.25 * np.asarray(video[0]) / 255 + 0.75 * np.asarray(video[2]) / 255
  np.testing.assert_allclose(mixed[0], expected, rtol=1e-5)
  np.testing.assert_allclose(mixed[1], video[1] / 255, rtol=1e-5)
  logits = rng.normal(size=(3, 3))
  value, _ = loss(Task(3), logits, label=[0, 1, 2], **mix)
  rows = [0.25 * nll(logits[0], 0) + 0.75 * nll(logits[0], 2), nll(logits[1], 1)]
  rows.append(0.5 * nll(logits[2], 2) + 0.5 * nll(logits[2], 1))
  assert value == pytest.approx(np.mean(rows), rel=1e-5)


def test_views_are_averaged(rng):
  task, video = Task(3), jnp.asarray(rng.integers(0, 256, (2, 2, 4, 2, 2, 3)), jnp.uint8)
  [clips] = task.inputs({"video": video})
  np.testing.assert_array_equal(clips[2], video[1, 0])
  logits = rng.normal(size=(4, 3))
  found = task.predict(outputs(logits), {"video": video})
  probabilities = np.asarray(jax.nn.softmax(jnp.asarray(logits, jnp.float32)))
  np.testing.assert_allclose(found.probabilities, probabilities.reshape(2, 2, 3).mean(1), rtol=1e-5)
  np.testing.assert_allclose(found.pooled, [[1, 2], [5, 6]])


def test_wrong_settings():
  with pytest.raises(ValueError, match="label_smoothing: 1.0"):
    Task(3, 1.0)
