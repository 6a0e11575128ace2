"""The evaluator of training runs scores as `jaxvid.evaluate` does."""

import json

import numpy as np
import pytest

import score_files as files
from jaxvid.evaluation import from_files
from jaxvid.evaluation.detections import Detections
from jaxvid.evaluators.localization import Evaluator, Recording
from score_files import detection

NAMES = ["jump", "run"]
RESULTS = {
  "a": [detection("jump", 10, 20, 0.9), detection("jump", 40, 60, 0.8), detection("run", 40, 50, 0.8)],
  "b": [detection("jump", 5, 10, 0.7)],
  "c": [detection("run", 0, 1, 0.9)],
}


def recording(id, duration, segments, labels, class_names=NAMES):
  """A recording, with the detections of RESULTS."""
  found = RESULTS[id]
  found = Detections(
    np.array([row["segment"] for row in found], np.float32),
    np.array([row["score"] for row in found]),
    np.array([class_names.index(row["label"]) if row["label"] in class_names else 0 for row in found]),
  )
  return Recording(id, duration, np.array(segments).reshape(-1, 2), np.array(labels), found)


TRUTH = [
  dict(id="a", duration=100.0, segments=[[10, 20], [40, 60]], labels=[0, 1]),
  dict(id="b", duration=50.0, segments=[[5, 10], [5.0005, 10.0005]], labels=[0, 0]),
  dict(id="c", duration=30.0, segments=[], labels=[]),
]
RECORDINGS = [recording(**fields) for fields in TRUTH]


@pytest.mark.parametrize("remove_duplicates", [True, False])
def test_scores_are_those_of_the_command(tmp_path, remove_duplicates):
  evaluator = Evaluator(tious=(0.3, 0.5), remove_duplicates=remove_duplicates)
  ours = evaluator._score(RECORDINGS, NAMES)[0].to_dict()
  rules = from_files.protocol("thumos14", tious=["0.3", "0.5"], remove_duplicates=remove_duplicates)
  found = files.write_submission(tmp_path / "found.json", **RESULTS)
  request = from_files.Request(found, files.write_annotations(tmp_path / "truth.json"), rules)
  assert ours == from_files.evaluate(request)[0]
  assert 0 < ours["average_mAP"] < 1 and not ours["partial"]


def test_an_annotation_file_says_what_is_missing(tmp_path):
  truth = files.write_annotations(tmp_path / "truth.json")
  within = Evaluator()._score(RECORDINGS[:1], NAMES)[0].to_dict()
  against_file = Evaluator(annotations=str(truth))._score(RECORDINGS[:1], NAMES)[0].to_dict()
  assert not within["partial"] and against_file["partial"] and against_file["recordings"]["missing"] == ["b", "c"]


def test_a_detector_of_one_class_is_scored_after_fusion(tmp_path):
  classes = tmp_path / "classes.json"
  classes.write_text(json.dumps({name: {"jump": 0.9, "run": 0.4} for name in RESULTS}))
  evaluator = Evaluator(annotations=str(files.write_annotations(tmp_path / "truth.json")), score_fusion=str(classes))
  of_one_class = [recording(**dict(fields, class_names=["action"])) for fields in TRUTH]
  result, fused = evaluator._score(of_one_class, ["action"])
  assert result.scores.average_map > 0
  assert [row["label"] for row in fused["b"]] == ["jump", "run"] and len(fused["a"]) == 6
  assert fused["b"][0]["score"] == pytest.approx((0.7 * 0.9) ** 0.5)
