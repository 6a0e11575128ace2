"""Anticipation's scores against counts by hand, a second computation, and EPIC-Kitchens-100's own subsets."""

import csv

import numpy as np
import pytest

import golden
from jaxvid.metrics import anticipation

# Four actions of two verbs and three nouns: (0, 0), (0, 1), (1, 1), (1, 2).
METADATA = {
  "verbs": ["take", "put"],
  "nouns": ["cup", "pan", "lid"],
  "action_verb": [0, 0, 1, 1],
  "action_noun": [0, 1, 1, 2],
  "subsets": {
    "unseen": {"of": ["verb", "noun", "action"], "ids": ["b", "c", "elsewhere"]},
    "tail_verb": {"of": ["verb"], "ids": ["d"]},
    "tail_noun": {"of": ["noun"], "ids": ["nowhere"]},
  },
  "many_shot": {"verb": [0], "action": [1, 3]},
}
ACTION = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.1, 0.2], [0.1, 0.2, 0.5, 0.2]])
LABELS = np.array([0, 1, 3, 3])
IDS = ["a", "b", "c", "d"]


def recall_by_loops(scores, labels, k, classes=None):
  """Another way: a set of the best, class by class; without ties."""
  shares = []
  for label in set(labels.tolist()) & set(range(scores.shape[1]) if classes is None else classes):
    rows = [row for row, own in zip(scores, labels) if own == label]
    shares.append(sum(label in sorted(range(len(row)), key=lambda c: -row[c])[:k] for row in rows) / len(rows))
  return sum(shares) / len(shares)


def test_by_hand():
  result = anticipation.score(ACTION, LABELS, METADATA, segment_ids=IDS, top=(1, 2, 5), recall_at=2)
  # Actions: the true one has rank 0, 2, 2 and, equal to action 1 which is lower, 2.
  action = result.overall["action"]
  assert action.top == {1: 0.25, 2: 0.25} and action.num_windows == 4 and action.num_classes == 3
  assert action.recall == pytest.approx(1 / 3) == action.mean_class_accuracy
  assert action.many_shot_recall == 0, "classes 1 and 3 are many-shot, their windows all missed"
  # Verbs, probabilities (.7, .3), (.3, .7), (.7, .3), (.3, .7) of labels 0, 0, 1, 1.
  verb = result.overall["verb"]
  assert verb.top == {1: 0.5, 2: 1.0} and verb.recall == 1 and verb.mean_class_accuracy == 0.5
  # Nouns: (.4, .5, .1), (.1, .5, .4), (.3, .5, .2), (.1, .7, .2) of labels 0, 1, 2, 2: ranks 1, 0, 2, 1.
  noun = result.overall["noun"]
  assert noun.top == {1: 0.25, 2: 0.75} and noun.many_shot_recall is None
  assert noun.recall == pytest.approx((1 + 1 + 0.5) / 3) and noun.mean_class_accuracy == pytest.approx(1 / 3)
  assert set(result.subsets) == {"unseen", "tail_verb"} and result.left_out == ("subset tail_noun",)
  assert result.subsets["unseen"]["noun"].top == {1: 0.5, 2: 0.5}
  assert result.subsets["tail_verb"]["verb"].num_windows == 1


def test_what_is_written_and_printed():
  result = anticipation.score(ACTION, LABELS, METADATA, segment_ids=IDS, top=(1, 2), recall_at=2)
  scores = result.to_dict()
  assert scores["action"]["top1"] == 0.25 and scores["subsets"]["unseen"]["noun"]["recall2"] == 0.5
  assert scores["verb"]["many_shot_recall2"] == 1 and "many_shot_recall2" not in scores["noun"]
  flat = anticipation.flatten(scores)
  assert flat["verb_recall2"] == 1 and flat["unseen_noun_recall2"] == 0.5 and flat["tail_verb_top1"] == 1
  assert not any("num_" in name for name in flat)
  lines = result.format().splitlines()
  assert ["overall", "noun", "4", "3", "25.00", "75.00", "83.33", "-", "33.33"] in [line.split() for line in lines]
  assert len({len(line) for line in lines[:-1]}) == 1, "the columns stand below each other"
  assert lines[-1].startswith("subset tail_noun: none of its windows")


def test_a_plain_dataset_has_actions_alone():
  result = anticipation.score(ACTION, LABELS, {})
  assert list(result.overall) == ["action"] and not result.subsets and not result.left_out
  assert result.overall["action"].top == {1: 0.25}, "top-5 of four classes says nothing, so it is left out"
  assert result.overall["action"].recall == 1


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("classes", [None, [0, 3, 7, 39]])
def test_recall_against_loops(rng, k, classes):
  scores, labels = rng.random((300, 40)), rng.integers(0, 30, 300) + 5 * (rng.random(300) < 0.5)
  expected = recall_by_loops(scores, labels, k, classes)
  assert anticipation.class_mean_recall(scores, labels, k, classes) == pytest.approx(expected)
  assert 0 < expected < 1


def test_against_scikit_learn(rng):
  metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
  scores, labels = rng.random((400, 12)), rng.integers(0, 10, 400)
  result = anticipation.score(scores, labels, {}, top=(1, 5), recall_at=5)
  classes = np.arange(12)
  for k in (1, 5):
    expected = metrics.top_k_accuracy_score(labels, scores, k=k, labels=classes)
    assert result.overall["action"].top[k] == pytest.approx(expected)
  # What is among the 5 best counts as predicted; macro recall is then class-mean recall at 5.
  best = np.argsort(-scores, axis=1)[:, :5]
  predicted = np.where((best == labels[:, None]).any(1), labels, best[:, 0])
  macro = lambda predicted: metrics.recall_score(labels, predicted, labels=np.unique(labels), average="macro")  # noqa: E731
  assert result.overall["action"].recall == pytest.approx(macro(predicted))
  assert result.overall["action"].mean_class_accuracy == pytest.approx(macro(best[:, 0]))


def test_order_of_windows_and_of_classes_does_not_matter(rng):
  scores, labels = rng.random((100, 15)), rng.integers(0, 15, 100)
  windows, classes = rng.permutation(100), rng.permutation(15)
  expected = anticipation.class_mean_recall(scores, labels)
  assert anticipation.class_mean_recall(scores[windows], labels[windows]) == pytest.approx(expected)
  assert anticipation.class_mean_recall(scores[:, classes], np.argsort(classes)[labels]) == pytest.approx(expected)


def test_ties_go_to_the_lower_index():
  scores, labels = np.zeros((3, 3)), np.arange(3)
  assert [anticipation.class_mean_recall(scores, labels, k) for k in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])


def test_marginals(rng):
  probabilities, verbs = (
    rng.dirichlet(np.ones(20), 6).astype(np.float32),
    np.array([0, 1, 3, 4])[rng.permutation(20) % 4],
  )
  found = anticipation.marginalise(probabilities, verbs, 6)
  np.testing.assert_allclose(found, probabilities @ np.eye(6)[verbs], rtol=1e-6)
  assert not found[:, [2, 5]].any() and found.sum(1) == pytest.approx(1)
  with pytest.raises(ValueError, match="parts 0 to 4, but there are 3"):
    anticipation.marginalise(probabilities, verbs, 3)
  with pytest.raises(ValueError, match=r"\(19,\) parts for"):
    anticipation.marginalise(probabilities, verbs[1:], 6)


def test_own_verbs_come_before_marginals():
  own = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
  result = anticipation.score(ACTION, LABELS, METADATA, verb=own)
  assert result.overall["verb"].top[1] == 1
  assert not result.subsets and len(result.left_out) == 3, "without segment ids there are no subsets"


def test_many_shot_classes_that_do_not_occur_are_left_out():
  result = anticipation.score(ACTION, LABELS, {"many_shot": {"action": [2]}})
  assert result.left_out == ("many-shot actions",) and "many_shot_recall5" not in result.to_dict()["action"]
  assert "many-shot actions: none of its windows" in result.format()


def test_epic_subsets_against_loops(rng):
  """EPIC-Kitchens-100's validation segments, some of them, with its lists of subsets."""
  table = lambda name: list(csv.DictReader(golden.shared(f"data/epic100/{name}").read_text().splitlines()))  # noqa: E731
  rows, actions = table("validation.csv")[::8], table("actions.csv")
  lists = {
    "unseen": ("unseen_participants", anticipation.PARTS),
    **{f"tail_{part}": (f"tail_{part}s", (part,)) for part in anticipation.PARTS},
  }
  subsets = {}
  for name, (file, parts) in lists.items():
    ids = golden.shared(f"data/epic100/validation_{file}_ids.csv").read_text().split()
    subsets[name] = {"of": list(parts), "ids": ids}
  of_verb, of_noun = ([int(row[part]) for row in actions] for part in ("verb", "noun"))
  names = {"verbs": [str(k) for k in range(97)], "nouns": [str(k) for k in range(300)]}
  metadata = {**names, "action_verb": of_verb, "action_noun": of_noun, "subsets": subsets}
  ids, labels = [row["narration_id"] for row in rows], np.array([int(row["action"]) for row in rows])
  scores = rng.random((len(rows), len(actions)), np.float32)
  scores[np.arange(len(rows)), labels] += rng.choice([0, 1], len(rows))
  result = anticipation.score(scores, labels, metadata, segment_ids=ids)
  assert set(result.subsets) == set(lists) and not result.left_out
  kept = np.isin(ids, subsets["tail_noun"]["ids"])
  nouns = scores.astype(float) @ np.eye(300)[of_noun]
  expected = recall_by_loops(nouns[kept], np.array([int(row["noun"]) for row in rows])[kept], 5)
  assert result.subsets["tail_noun"]["noun"].recall == pytest.approx(expected)
  kept = np.isin(ids, subsets["unseen"]["ids"])
  assert result.subsets["unseen"]["action"].recall == pytest.approx(recall_by_loops(scores[kept], labels[kept], 5))
  assert result.subsets["unseen"]["action"].recall != result.overall["action"].recall


@pytest.mark.parametrize(
  "change, message",
  [
    (dict(action=np.where(ACTION == 0.5, np.nan, ACTION)), "window 3 are not finite"),
    (dict(labels=np.array([0, 1, 2, 4])), "labels 0 to 4, but there are 4 classes"),
    (dict(labels=LABELS[:3]), "4, 4.* scores for 3 windows"),
    (dict(labels=LABELS[:, None]), "one class index for each window"),
    (dict(labels=LABELS / 1), "whole numbers"),
    (dict(action=np.zeros((0, 4)), labels=np.zeros(0, int)), "no windows"),
    (dict(action=ACTION[0]), "windows, classes"),
    (dict(recall_at=0), "recall_at 0"),
    (dict(verb=np.zeros((4, 3))), "4, 3.* scores for 4 windows and 2 classes"),
    (dict(noun=np.full((4, 3), np.inf)), "window 0 are not finite"),
    (dict(segment_ids=IDS[:2]), "2 segment ids for 4 windows"),
    (dict(metadata={}, verb=np.zeros((4, 2))), "lack anticipation.action_verb"),
    (dict(metadata={"action_noun": [0, 1]}), r"action_noun: \(2,\) values"),
    (dict(metadata={"verbs": ["take"], "action_verb": [0, 0, 0, 1]}), "4 actions and 1 verbs"),
    (dict(metadata={"many_shot": {"verb": [0]}}), "many_shot: verb, but only action is scored"),
    (dict(metadata={"subsets": {"x": {"of": ["noun"], "ids": []}}}), "subsets.x: noun"),
  ],
)
def test_what_cannot_be_scored(change, message):
  given = dict(action=ACTION, labels=LABELS, metadata=METADATA) | change
  with pytest.raises(ValueError, match=message):
    anticipation.score(**given)


def test_recall_over_no_class_is_refused():
  with pytest.raises(ValueError, match="none of the 1 classes"):
    anticipation.class_mean_recall(ACTION, LABELS, classes=[2])
  with pytest.raises(ValueError, match="k 0: .*k at least 1"):
    anticipation.class_mean_recall(ACTION, LABELS, k=0)
