"""Submissions to EPIC-Kitchens-100's anticipation challenge: what is written is read again, and scored alike."""

import json

import numpy as np
import pytest

from jaxvid.formats import epic_anticipation
from jaxvid.metrics import anticipation

IDS = ["P01_11_0", "P01_11_1", "P02_03_7"]
PAIRS = [(v, n) for v in range(97) for n in range(300) if (v + 2 * n) % 71 == 0][:150]
OF_VERB, OF_NOUN = ([int(part) for part in parts] for parts in zip(*PAIRS))


@pytest.fixture
def arrays(rng):
  return {
    "action": rng.dirichlet(np.ones(150), 3).astype(np.float32),
    "verb": rng.dirichlet(np.ones(97), 3),
    "noun": rng.dirichlet(np.ones(300), 3),
  }


def build(arrays, **changes):
  given = dict(ids=IDS, action_verb=OF_VERB, action_noun=OF_NOUN, sls=(1, 3, 3), **arrays)
  return epic_anticipation.build(**(given | changes))


def write(path, submission):
  path.write_text(epic_anticipation.to_text(submission))
  return path


def test_what_is_written_is_read_again(tmp_path, arrays):
  path = write(tmp_path / "submission.json", build(arrays))
  values = json.loads(path.read_text())
  assert list(values) == ["version", "challenge", "sls_pt", "sls_tl", "sls_td", "results"]
  assert (values["version"], values["challenge"], values["sls_pt"]) == ("0.2", "action_anticipation", 1)
  assert len(path.read_text().splitlines()) == 5, "a line a segment"
  found = epic_anticipation.read(path, expected=IDS)
  assert found.ids == tuple(IDS) and found.sls == (1, 3, 3)
  np.testing.assert_array_equal(found.verb, arrays["verb"])
  np.testing.assert_array_equal(found.noun, arrays["noun"])
  for i, row in enumerate(arrays["action"]):
    np.testing.assert_array_equal(found.action[i], np.sort(row)[::-1][:100])
    assert [PAIRS.index(tuple(pair)) for pair in found.actions[i].tolist()] == np.argsort(-row)[:100].tolist()


def test_it_scores_as_the_arrays_do(tmp_path, rng):
  """Recall at 5 from the file, as the challenge computes it: from ranked pairs of verb and noun."""
  action, labels = rng.dirichlet(np.ones(150), 60), rng.integers(0, 20, 60)
  labels = np.where(rng.random(60) < 0.4, action.argmax(1), labels)
  ids = [f"P01_01_{i}" for i in range(60)]
  verb = anticipation.marginalise(action, OF_VERB, 97)
  noun = anticipation.marginalise(action, OF_NOUN, 300)
  submission = epic_anticipation.build(ids, action, verb, noun, OF_VERB, OF_NOUN, (1, 3, 3))
  found = epic_anticipation.read(write(tmp_path / "submission.json", submission))
  shares = {}
  for scores, pairs, label in zip(found.action, found.actions.tolist(), labels):
    best = [tuple(pairs[j]) for j in np.argsort(scores)[::-1][:5]]
    shares.setdefault(PAIRS[label], []).append(PAIRS[label] in best)
  expected = np.mean([np.mean(hits) for hits in shares.values()])
  assert anticipation.class_mean_recall(action, labels) == pytest.approx(expected) and 0 < expected < 1


@pytest.mark.parametrize(
  "changes, message",
  [
    (dict(sls=(1, 3)), "levels pt, tl and td"),
    (dict(sls=(1, 3, 6)), "whole numbers from 0 to 5"),
    (dict(sls=(1, 3, 0.5)), "whole numbers from 0 to 5"),
    (dict(ids=["a", "b", "a"]), "one is empty or occurs twice"),
    (dict(ids=["a", "b", ""]), "one is empty or occurs twice"),
    (dict(action_verb=[0] * 150, action_noun=[0] * 150), "two actions have the same verb and noun"),
    (dict(action_verb=list(range(150)), action_noun=[0] * 150), "must lie in 0 to 96"),
    (dict(action=np.zeros((3, 4)), action_verb=[0, 1, 2, 3], action_noun=[0] * 4), "wants the 100 best"),
    (dict(action=np.zeros((3, 149))), r"action: \(3, 149\) scores; must be \(3, 150\)"),
    (dict(verb=np.zeros((3, 96))), r"verb: \(3, 96\) scores; must be \(3, 97\)"),
    (dict(noun=np.full((3, 300), np.nan)), "noun: .* finite"),
  ],
)
def test_what_is_not_built(arrays, changes, message):
  with pytest.raises(ValueError, match=message):
    build(arrays, **changes)


def edit(values, *keys, value=None):
  """Sets, or without a value removes, what is at the end of the keys."""
  *way, last = keys
  for key in way:
    values = values[key]
  if value is None:
    del values[last]
  else:
    values[last] = value


@pytest.mark.parametrize(
  "keys, value, message",
  [
    (["version"], "0.1", "version is '0.1'; must be '0.2'"),
    (["challenge"], "action_recognition", "challenge is 'action_recognition'"),
    (["sls_td"], None, "sls: .*None"),
    (["results"], None, "results: must be an object"),
    (["results", "P02_03_7"], None, "results: 1 of 3 are missing .P02_03_7"),
    (["results", "P99_01_0"], {}, "1 are unknown .P99_01_0"),
    (["results", "P01_11_1", "noun"], None, r'results\["P01_11_1"\] has no scores of nouns'),
    (["results", "P01_11_1", "verb", "96"], None, r'\["P01_11_1"\].verb: 1 of 97 are missing \(96\)'),
    (["results", "P01_11_1", "verb", "97"], 0.5, r"1 are unknown \(97\)"),
    (["results", "P01_11_1", "noun", "0"], "0.5", r"noun\[\"0\"\] is '0.5', not a finite number"),
    (["results", "P01_11_1", "noun", "0"], float("nan"), "is nan, not a finite number"),
    (["results", "P01_11_1", "noun", "0"], True, "is True, not a finite number"),
    (["results", "P01_11_1", "action", "0,1"], 0.5, "action: 101 scores; must be 100"),
  ],
)
def test_what_is_not_accepted(tmp_path, arrays, keys, value, message):
  submission = build(arrays)
  edit(submission, *keys, value=value)
  path = tmp_path / "submission.json"
  path.write_text(json.dumps(submission))
  with pytest.raises(ValueError, match=f"submission.json: .*{message}"):
    epic_anticipation.read(path, expected=IDS)


@pytest.mark.parametrize("key", ["97,0", "0,300", "3", "1,2,3", "take,cup", "-1,2"])
def test_an_action_is_a_verb_and_a_noun(tmp_path, arrays, key):
  submission = build(arrays)
  scores = submission["results"]["P01_11_0"]["action"]
  scores.pop(next(iter(scores)))
  scores[key] = 0.1
  with pytest.raises(ValueError, match=f'"{key}" is not "VERB,NOUN" with a verb below 97'):
    epic_anticipation.read(write(tmp_path / "submission.json", submission))


def test_an_action_does_not_occur_twice(tmp_path, arrays):
  submission = build(arrays)
  scores = submission["results"]["P01_11_0"]["action"]
  first, second, *_ = scores
  scores.pop(second)
  scores[f"0{first}"] = 0.1
  with pytest.raises(ValueError, match="an action occurs twice"):
    epic_anticipation.read(write(tmp_path / "submission.json", submission))
