"""The evaluator of training runs scores as `jaxvid.evaluate` does."""

import json

import pytest

import score_files as files
from jaxvid.evaluation import from_files
from jaxvid.evaluators.localization import Evaluator
from score_files import detection

NAMES = ["jump", "run"]
TRUTH = [
  dict(id="a", duration=100.0, segments=[[10, 20], [40, 60]], labels=[0, 1]),
  dict(id="b", duration=50.0, segments=[[5, 10], [5.0005, 10.0005]], labels=[0, 0]),
  dict(id="c", duration=30.0, segments=[], labels=[]),
]
RESULTS = {
  "a": [detection("jump", 10, 20, 0.9), detection("jump", 40, 60, 0.8), detection("run", 40, 50, 0.8)],
  "b": [detection("jump", 5, 10, 0.7)],
  "c": [detection("run", 0, 1, 0.9)],
}


@pytest.mark.parametrize("remove_duplicates", [True, False])
def test_scores_are_those_of_the_command(tmp_path, remove_duplicates):
  evaluator = Evaluator(tious=(0.3, 0.5), remove_duplicates=remove_duplicates)
  ours = evaluator._score(RESULTS, TRUTH, NAMES)[0].to_dict()
  rules = from_files.protocol("thumos14", tious=["0.3", "0.5"], remove_duplicates=remove_duplicates)
  found = files.write_submission(tmp_path / "found.json", **RESULTS)
  request = from_files.Request(found, files.write_annotations(tmp_path / "truth.json"), rules)
  assert ours == from_files.evaluate(request)[0]
  assert 0 < ours["average_mAP"] < 1 and not ours["partial"]


def test_an_annotation_file_says_what_is_missing(tmp_path):
  truth = files.write_annotations(tmp_path / "truth.json")
  some = {"a": RESULTS["a"]}
  within = Evaluator()._score(some, TRUTH[:1], NAMES)[0].to_dict()
  against_file = Evaluator(annotations=str(truth))._score(some, TRUTH[:1], NAMES)[0].to_dict()
  assert not within["partial"] and against_file["partial"] and against_file["recordings"]["missing"] == ["b", "c"]


def test_a_detector_of_one_class_is_scored_after_fusion(tmp_path):
  results = {name: [dict(row, label="action") for row in rows] for name, rows in RESULTS.items()}
  classes = tmp_path / "classes.json"
  classes.write_text(json.dumps({name: {"jump": 0.9, "run": 0.4} for name in results}))
  evaluator = Evaluator(annotations=str(files.write_annotations(tmp_path / "truth.json")), score_fusion=str(classes))
  result, fused = evaluator._score(results, [dict(record, labels=[]) for record in TRUTH], ["action"])
  assert result.scores.average_map > 0
  assert [row["label"] for row in fused["b"]] == ["jump", "run"] and len(fused["a"]) == 6
  assert fused["b"][0]["score"] == pytest.approx((0.7 * 0.9) ** 0.5)
