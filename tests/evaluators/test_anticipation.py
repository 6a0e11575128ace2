"""The evaluator of anticipation, with the smallest network, task and data that it can have."""

import json
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.evaluation.predictor import Predictor
from jaxvid.evaluators.anticipation import Evaluator
from jaxvid.formats import epic_anticipation
from jaxvid.metrics import anticipation

NUM_WINDOWS, NUM_ACTIONS = 11, 120
ACTION_VERB, ACTION_NOUN = [k % 10 for k in range(NUM_ACTIONS)], [k // 10 for k in range(NUM_ACTIONS)]
EPIC = {
  "verbs": [f"verb {k}" for k in range(97)],
  "nouns": [f"noun {k}" for k in range(300)],
  "action_verb": ACTION_VERB,
  "action_noun": ACTION_NOUN,
  "subsets": {"unseen": {"of": ["verb", "noun", "action"], "ids": ["P01_0", "P01_4", "P01_7"]}},
}


class Outputs(NamedTuple):
  """In place of a model's."""

  logits: Any


class Last(nn.Module):
  """In place of a network: the logits are the last valid step's features."""

  @nn.compact
  def __call__(self, features, mask, train):
    scale = self.param("scale", nn.initializers.ones, ())
    last = mask.shape[1] - 1 - jnp.argmax(mask[:, ::-1], axis=1)
    return Outputs(scale * features[jnp.arange(len(features)), last])


class Predictions(NamedTuple):
  """As the task of anticipation gives them."""

  action: Any
  verb: Any
  noun: Any


class Task:
  """In place of the task."""

  def __init__(self, has_parts=False):
    self.has_parts = has_parts

  def inputs(self, batch):
    return batch["features"], batch["mask"]

  def predict(self, outputs, batch):
    own = lambda count: jax.nn.softmax(outputs.logits[:, :count]) if self.has_parts else None  # noqa: E731
    return Predictions(jax.nn.softmax(outputs.logits), own(97), own(120) if self.has_parts else None)


class Source:
  """In place of a split."""

  def __init__(self, metadata=None):
    self.metadata = {} if metadata is None else {"anticipation": metadata}
    self.class_names = [f"action {k}" for k in range(NUM_ACTIONS)]


class Data:
  """In place of the pipeline: windows of three steps, whose last valid one says the action."""

  def __init__(self, rng, has_ids=True, num_dropped=2):
    self.features = rng.normal(size=(NUM_WINDOWS, 3, NUM_ACTIONS)).astype(np.float32)
    self.labels = rng.integers(0, NUM_ACTIONS, NUM_WINDOWS)
    self.mask = np.arange(3) < rng.integers(1, 4, (NUM_WINDOWS, 1))
    self.features[: NUM_WINDOWS // 2, :, :] += 9 * np.eye(NUM_ACTIONS)[self.labels[: NUM_WINDOWS // 2], None]
    self.has_ids, self.dropped, self.order = has_ids, num_dropped, range(NUM_WINDOWS)

  def logits(self):
    return np.array([x[m][-1] for x, m in zip(self.features, self.mask)])

  def num_eval_examples(self, source):
    return NUM_WINDOWS

  def num_dropped(self, source):
    return self.dropped

  def eval_examples(self, source, process=0, num_processes=1):
    for i in self.order:
      label = self.labels[i]
      yield (
        {
          "id": f"video_{i // 4}",
          "index": i,
          "segment_id": f"P01_{i}" if self.has_ids else "",
          "time": 1.5 * i,
          "label": int(label),
        },
        {
          "features": self.features[i : i + 1],
          "mask": self.mask[i : i + 1],
          "label": np.array([label], np.int32),
          "step_labels": np.zeros((1, 3), np.int32),
        },
      )


@pytest.fixture
def run(tmp_path):
  def run(data, metadata=EPIC, has_parts=False, **settings):
    evaluator = Evaluator(**{"batch_size": 4, **settings})
    variables = {"params": {"scale": jnp.float32(1)}}
    predictor = Predictor(Last(), Task(has_parts))
    scores = evaluator.run(predictor, variables, Source(metadata), data, str(tmp_path))
    return scores, evaluator

  return run


def probabilities(data):
  return np.asarray(jax.nn.softmax(data.logits()))


def written(path):
  return json.loads(path.read_text())


def test_scores_are_those_of_the_metric(tmp_path, rng, run, capsys):
  data = Data(rng)
  scores, evaluator = run(data)
  ids = [f"P01_{i}" for i in range(NUM_WINDOWS)]
  expected = anticipation.score(probabilities(data), data.labels, EPIC, segment_ids=ids)
  assert scores == {**expected.to_dict(), "num_dropped": 2}
  assert written(tmp_path / "scores.json") == scores and 0 < scores["action"]["top1"] < 1
  assert evaluator.score(scores) == scores["action"]["recall5"]
  assert Evaluator(best_by="top1").score(scores) == scores["action"]["top1"]
  summary = evaluator.summary(scores)
  assert summary["unseen_action_recall5"] == scores["subsets"]["unseen"]["action"]["recall5"]
  assert {"action_recall5", "verb_top1"} < set(summary) and all(isinstance(x, float) for x in summary.values())
  assert "2 windows without enough past" in capsys.readouterr().out
  assert {path.name for path in tmp_path.iterdir()} == {"scores.json", "predictions.json"}


@pytest.mark.parametrize("has_ids", [True, False])
def test_predictions_file(tmp_path, rng, run, has_ids):
  data = Data(rng, has_ids)
  run(data)
  rows = written(tmp_path / "predictions.json")["results"]
  names = [f"P01_{i}" if has_ids else f"video_{i // 4}@{1.5 * i:.3f}" for i in range(NUM_WINDOWS)]
  assert list(rows) == names
  for row, x in zip(rows.values(), probabilities(data)):
    best = np.argsort(-x)[:5]
    assert [found["label"] for found in row] == [f"action {k}" for k in best]
    assert [found["score"] for found in row] == pytest.approx(x[best])


def test_neither_the_size_of_batches_nor_the_order_matters(rng, run):
  data = Data(rng)
  expected = run(data)[0]
  assert run(data, batch_size=1)[0] == run(data, batch_size=64)[0] == expected
  data.order = rng.permutation(NUM_WINDOWS)
  assert run(data)[0] == expected


def test_a_plain_dataset_and_own_verbs(rng, run):
  data = Data(rng, has_ids=False, num_dropped=0)
  plain, evaluator = run(data, metadata=None)
  assert set(plain) == {"action", "subsets", "num_dropped"} and plain["num_dropped"] == 0
  own, _ = run(data, metadata={**EPIC, "nouns": EPIC["nouns"][:120]}, has_parts=True)
  expected = (data.logits()[:, :97].argmax(1) == np.array(ACTION_VERB)[data.labels]).mean()
  assert own["verb"]["top1"] == pytest.approx(expected) and own["verb"] != run(data)[0]["verb"]
  assert own["action"] == plain["action"] and not own["subsets"]


def test_submission(tmp_path, rng, run, caplog):
  data = Data(rng)
  run(data, submission=True, sls=(2, 3, 4))
  found = epic_anticipation.read(tmp_path / "submission.json", [f"P01_{i}" for i in range(NUM_WINDOWS)])
  assert found.sls == (2, 3, 4)
  expected = probabilities(data) @ np.eye(97)[ACTION_VERB]
  np.testing.assert_allclose(found.verb, expected, rtol=1e-5)
  np.testing.assert_allclose(found.action, -np.sort(-probabilities(data))[:, :100], rtol=1e-5)
  assert "lacks 2 segments" in caplog.text


def test_what_makes_no_submission(tmp_path, rng, run):
  with pytest.raises(ValueError, match="needs verbs and nouns"):
    run(Data(rng), metadata=None, submission=True)
  with pytest.raises(ValueError, match="config.eval.submission: ids: one is empty"):
    run(Data(rng, has_ids=False), submission=True)
  assert not (tmp_path / "submission.json").exists()


def test_a_split_without_windows(rng, run):
  data = Data(rng)
  data.order = []
  with pytest.raises(ValueError, match="config.eval.split: test has no windows"):
    run(data)


@pytest.mark.parametrize(
  "settings, message",
  [
    (dict(batch_size=0), "batch_size 0"),
    (dict(recall_at=0), "recall_at 0"),
    (dict(top=()), "must be 1 or more"),
    (dict(best_by="recall5"), "best_by 'recall5'"),
    (dict(best_by="top1", top=(5,)), "with 1 in top"),
    (dict(sls=(1, 3)), "levels pt, tl and td"),
  ],
)
def test_wrong_settings(settings, message):
  with pytest.raises(ValueError, match=message):
    Evaluator(**settings)
