"""Scores by a protocol: what is missing, what does not count, and the public evaluators' peculiarities."""

import dataclasses
import json

import numpy as np
import pytest

import score_files as files
from jaxvid.formats import activitynet_detections
from jaxvid.formats.detections import Submission
from jaxvid.metrics import annotations, protocols, scoring, submission
from jaxvid.metrics.protocols import PROTOCOLS, Protocol
from score_files import detection

RULES = Protocol("ours", ("test",), (0.5,))
PERFECT = {"a": [detection("jump", 10, 20, 0.9), detection("run", 40, 60, 0.8)], "b": [detection("jump", 5, 10, 0.7)]}


def score(tmp_path, rules=RULES, ids=files.IDS, **results):
  truth = annotations.read(
    files.write_annotations(tmp_path / "a.json", ids=ids), rules.subsets, rules.remove_duplicates
  )
  path = files.write_submission(tmp_path / "s.json", **results)
  return scoring.score(truth, submission.detections(activitynet_detections.read(path), truth), rules)


def test_duplicate_annotations_count_unless_they_are_removed(tmp_path):
  kept = score(tmp_path, c=[], **PERFECT).to_dict()
  removed = score(tmp_path, dataclasses.replace(RULES, remove_duplicates=True), c=[], **PERFECT).to_dict()
  # Two of three actions of "jump" are found; without the repeated one, all of them are.
  assert kept["mAP"] == {"0.50": pytest.approx((2 / 3 + 1) / 2)} and removed["mAP"] == {"0.50": 1}
  assert kept["annotations"] == {"scored": 4, "left_out_as_duplicates": 0}
  assert removed["annotations"] == {"scored": 3, "left_out_as_duplicates": 1}
  assert list(kept["per_class"]) == ["jump", "run"]


def test_missing_recordings_mark_the_score(tmp_path):
  whole = score(tmp_path, c=[], **PERFECT)
  assert not whole.to_dict()["partial"] and not whole.notes()
  part = score(tmp_path, a=PERFECT["a"])
  report = part.to_dict()
  assert report["partial"] and report["recordings"] == {"annotated": 3, "predicted": 1, "missing": ["b", "c"]}
  assert "PARTIAL: 2 of 3 recordings have no entry" in part.format() and ": b, c" in part.format()
  assert report["average_mAP"] == pytest.approx((1 / 3 + 1) / 2)
  assert json.loads(json.dumps(report)) == report


def test_detections_elsewhere_are_false_positives_as_in_the_public_evaluators(tmp_path):
  result = score(tmp_path, c=[], d=[detection("run", 0, 1, 0.99)], **PERFECT)
  assert result.to_dict()["per_class"]["run"]["average_AP"] == 0.5
  assert result.counts()["in_unknown_recordings"] == 1
  assert "1 detections in 1 recordings that the subset lacks count as false positives" in result.format()


def test_what_is_peculiar_is_counted(tmp_path):
  backward = [detection("run", 60, 40, 0.95), detection("run", 5, 5, 0.94)]
  result = score(tmp_path, c=[detection("swim", 0, 1, 0.1), *backward], **PERFECT)
  assert result.counts() == {
    "total": 6,
    "in_unknown_recordings": 0,
    "of_classes_without_annotations": 1,
    "not_forward_in_time": 2,
  }
  assert result.to_dict()["per_class"]["run"]["average_AP"] == pytest.approx(1 / 3)
  assert "1 detections of classes without annotations" in result.format() and "2 detections end" in result.format()


def test_collisions_of_the_public_evaluators():
  # Classes 3, 5, 7 are numbered 0, 1, 2; predictions [3, 5, 7, 1, 0, 2] become [0, 1, 2, 1, 0, 2].
  classes, predicted = np.array([3, 5, 7]), np.array([3, 5, 7, 1, 0, 2, 4, -1])
  collided = protocols.collide(predicted, classes)
  assert np.searchsorted(classes, collided[:6]).tolist() == [0, 1, 2, 1, 0, 2]
  assert collided[6:].tolist() == [4, -1]
  assert protocols.collide(np.array([3]), np.array([4, 5, 7])).tolist() == [3]  # There are numbers 0, 1 and 2 only.


def test_legacy_lets_unannotated_classes_collide(tmp_path):
  ids = {"jump": 4, "run": 7, "swim": 1}  # "swim" collides with the second class of the ground truth, "run".
  results = dict(PERFECT, c=[detection("swim", 40, 60, 0.99)])
  corrected = score(tmp_path, ids=ids, **results)
  legacy = score(tmp_path, dataclasses.replace(RULES, legacy=True), ids=ids, **results)
  assert corrected.to_dict()["per_class"]["run"]["average_AP"] == 1
  assert legacy.to_dict()["per_class"]["run"]["average_AP"] == 0.5
  assert legacy.to_dict()["protocol"]["legacy"] and "LEGACY" in legacy.format()


def test_a_subset_without_annotations_is_refused(tmp_path):
  truth = annotations.make("a.json", ["a"], [1], [[]], [[]], {}, True)
  found = submission.detections(Submission("s", {"a": 0}, np.zeros((0, 2)), np.zeros(0), {"label": []}), truth)
  with pytest.raises(ValueError, match="a.json: the subset has no annotations"):
    scoring.score(truth, found, RULES)


@pytest.mark.parametrize(
  "name, tious, removes",
  [
    ("thumos14", [0.3, 0.4, 0.5, 0.6, 0.7], True),
    ("activitynet13", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95], False),
    ("activitynet13_actionformer", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95], True),
    ("hacs", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95], False),
    ("epic100", [0.1, 0.2, 0.3, 0.4, 0.5], False),
    ("ego4d", [0.1, 0.2, 0.3, 0.4, 0.5], True),
  ],
)
def test_protocols(name, tious, removes):
  rules = PROTOCOLS[name]
  np.testing.assert_allclose(rules.tious, tious)
  assert rules.remove_duplicates == removes and rules.recall_at == (1, 5) and not rules.legacy
