"""The task of anticipation: its losses by hand."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.models.anticipation.outputs import AnticipationOutputs
from jaxvid.tasks.anticipation import Task

TASK = Task(num_classes=3)


@pytest.fixture
def case(rng):
  logits = jnp.array(rng.normal(size=(2, 4, 3)), jnp.float32)
  labels = jnp.array([[-1, 0, 1, 2], [2, -1, -1, 0]])
  batch = {"features": jnp.zeros((2, 4, 5)), "mask": jnp.ones((2, 4), bool), "step_labels": labels}
  return AnticipationOutputs(logits, jnp.zeros((2, 4, 6))), batch


def nll(logits, labels):
  return -np.take_along_axis(np.array(jax.nn.log_softmax(logits)), np.maximum(labels, 0)[..., None], -1)[..., 0]


def test_every_step_with_a_target_counts(case):
  outputs, batch = case
  values, there = nll(outputs.logits, batch["step_labels"]), batch["step_labels"] >= 0
  loss, metrics, _ = TASK.loss(outputs, batch, {}, train=True)
  assert loss == pytest.approx(values[there].mean(), rel=1e-5) and metrics["action_loss"] == loss
  hits = outputs.logits[:, -1].argmax(-1) == batch["step_labels"][:, -1]
  assert metrics["accuracy"] == pytest.approx(float(hits.mean()))
  weights = there * np.array([1, 1, 1, 5])
  loss, *_ = dataclasses.replace(TASK, last_weight=5.0).loss(outputs, batch, {}, train=True)
  assert loss == pytest.approx(float((weights * values).sum() / weights.sum()), rel=1e-5)


def test_the_last_step_alone(case):
  outputs, batch = case
  loss, *_ = dataclasses.replace(TASK, loss_at="last").loss(outputs, batch, {}, train=True)
  assert loss == pytest.approx(nll(outputs.logits, batch["step_labels"])[:, -1].mean(), rel=1e-5)


def test_label_smoothing_is_of_training_alone(case):
  outputs, batch = case
  smooth = dataclasses.replace(TASK, label_smoothing=0.3)
  plain, *_ = TASK.loss(outputs, batch, {}, train=False)
  assert smooth.loss(outputs, batch, {}, train=False)[0] == plain
  assert abs(smooth.loss(outputs, batch, {}, train=True)[0] - plain) > 1e-3


def test_heads_of_verbs_and_nouns(case, rng):
  outputs, batch = case
  verbs, nouns = (jnp.array(rng.normal(size=(2, 4, k)), jnp.float32) for k in (2, 4))
  outputs = outputs.replace(verb_logits=verbs, noun_logits=nouns)
  with pytest.raises(ValueError, match="config.model.num_verbs: the dataset does not know the verb of each action"):
    TASK.loss(outputs, batch, {}, train=True)
  labels = batch["step_labels"]
  parts = {"step_verbs": jnp.where(labels < 0, -1, labels // 2), "step_nouns": jnp.where(labels < 0, -1, labels + 1)}
  loss, metrics, _ = dataclasses.replace(TASK, part_weight=0.5).loss(outputs, batch | parts, {}, train=True)
  assert metrics["verb_loss"] == pytest.approx(nll(verbs, labels // 2)[labels >= 0].mean(), rel=1e-5)
  assert metrics["noun_loss"] == pytest.approx(nll(nouns, labels + 1)[labels >= 0].mean(), rel=1e-5)
  expected = metrics["action_loss"] + 0.5 * (metrics["verb_loss"] + metrics["noun_loss"])
  assert loss == pytest.approx(float(expected), rel=1e-5)
  found = TASK.predict(outputs, batch)
  assert (found.verb.shape, found.noun.shape) == ((2, 2), (2, 4))


def test_predictions_are_of_the_last_step(case):
  outputs, batch = case
  found = TASK.predict(outputs, batch)
  np.testing.assert_allclose(found.action, jax.nn.softmax(outputs.logits[:, -1]), rtol=1e-6)
  assert found.verb is None and found.noun is None
  assert TASK.probabilities(outputs).action.shape == (2, 4, 3)


@pytest.mark.parametrize(
  "changes, message",
  [(dict(loss_at="first"), "loss_at"), (dict(label_smoothing=1), "smooth"), (dict(last_weight=0), "last")],
)
def test_wrong_settings(changes, message):
  with pytest.raises(ValueError, match=message):
    dataclasses.replace(TASK, **changes)
