"""Files in, scores out: what `jaxvid evaluate` does."""

import json

import pytest

import score_files as files
from jaxvid.evaluation import from_files
from score_files import detection

EPIC = (
  "video_id,start_timestamp,stop_timestamp,verb_class,noun_class\nP,00:00:00,00:00:10,3,12\nP,00:00:20,00:00:30,5,2\n"
)


def evaluate(annotations, predictions, protocol="thumos14", **request):
  rules = from_files.protocol(protocol, tious=["0.5"])
  return from_files.evaluate(from_files.Request(predictions, annotations, rules, **request))


@pytest.fixture
def truth(tmp_path):
  return files.write_annotations(tmp_path / "truth.json")


@pytest.fixture
def epic(tmp_path):
  path = tmp_path / "EPIC_100_validation.csv"
  path.write_text(EPIC)
  return path


@pytest.fixture
def epic_found(tmp_path):
  rows = [
    {"verb": 3, "noun": 12, "action": "3,12", "segment": [0, 10], "score": 0.9},  # All right.
    {"verb": 5, "noun": 7, "action": "5,7", "segment": [20, 30], "score": 0.8},  # The verb only.
  ]
  return files.write_submission(tmp_path / "found.json", P=rows)


def test_a_protocol_with_something_else_in_it():
  rules = from_files.protocol("activitynet13", subset="training", tious=["0.5", "0.75"], remove_duplicates=True)
  assert rules.subsets == ("training",) and rules.tious == (0.5, 0.75) and rules.remove_duplicates
  kept = from_files.protocol("thumos14", remove_duplicates=False, legacy=True, ties="rows")
  assert (kept.remove_duplicates, kept.legacy, kept.ties) == (False, True, "rows") and kept.subsets == ("test",)
  with pytest.raises(ValueError, match='no protocol "thumos"; there are: thumos14, activitynet13'):
    from_files.protocol("thumos")


def test_epic_kitchens_has_three_tasks(epic, epic_found):
  report, text = evaluate(epic, epic_found, "epic100")
  assert [report[task]["average_mAP"] for task in ("verb", "noun", "action")] == [1, 0.5, 0.5]
  assert report["average_mAP"] == report["action"]["average_mAP"] and list(report["action"]["per_class"]) == [
    "3,12",
    "5,2",
  ]
  assert text.startswith("verb\n") and "\n\nnoun\n" in text
  one, _ = evaluate(epic, epic_found, "epic100", task="verb")
  assert one == report["verb"]


def test_a_file_a_task_needs_the_task(tmp_path, epic):
  nouns = files.write_submission(tmp_path / "nouns.json", P=[detection(12, 0, 10, 0.9)])
  assert evaluate(epic, nouns, "epic100", task="noun")[0]["average_mAP"] == 0.5
  with pytest.raises(ValueError, match="validation.csv has labels for verb, noun, action; choose one with --task"):
    evaluate(epic, nouns, "epic100")


def test_epic_kitchens_form_against_actionformers_json(tmp_path, epic_found):
  recordings = {"P": ("validation", 60, [("open", 0, 10), ("cut", 20, 30)])}
  truth = files.write_annotations(tmp_path / "verbs.json", recordings, {"open": 3, "cut": 5})
  assert evaluate(truth, epic_found, "epic100", task="verb")[0]["average_mAP"] == 1
  with pytest.raises(ValueError, match="found.json has labels for"):
    evaluate(truth, epic_found, "epic100")


def test_fusion_keeps_the_score_before_it(tmp_path, truth):
  found = files.write_submission(
    tmp_path / "found.json",
    a=[detection("run", 10, 20, 0.9), detection("run", 40, 60, 0.8)],
    b=[detection("run", 5, 10, 0.7)],
    c=[],
  )
  classes = tmp_path / "classes.json"
  classes.write_text(json.dumps({"a": {"jump": 0.6, "run": 0.5}, "b": {"jump": 1.0}}))
  report, text = evaluate(truth, found, fuse=classes)
  # jump: 5-10 in b, then 10-20 in a, both right: 1. run: 10-20, wrong, before 40-60: 1/2.
  assert report["per_class"]["jump"]["average_AP"] == 1 and report["per_class"]["run"]["average_AP"] == 0.5
  assert report["fusion"]["before"]["average_mAP"] == 0.25 and "before fusion: average mAP 25.00" in text


def test_fusion_names_what_has_no_class_yet(tmp_path, truth):
  found = files.write_submission(tmp_path / "found.json", a=[{"label": "action", "segment": [10, 20], "score": 0.9}])
  classes = tmp_path / "classes.json"
  classes.write_text(json.dumps({"a": {"class": "jump", "score": 0.6}}))
  report, text = evaluate(truth, found, fuse=classes)
  assert report["average_mAP"] == 0.25 and report["partial"] and report["fusion"]["before"] is None
  assert "labels unknown" in text


def test_the_diagnosis_is_written_down(tmp_path, truth):
  found = files.write_submission(tmp_path / "found.json", a=[detection("run", 10, 20, 0.9)], b=[], c=[])
  evaluate(truth, found, diagnose=tmp_path / "why")
  names = ("diagnosis.json", "diagnosis.md", "false_positives.png", "sensitivity.png")
  assert all((tmp_path / "why" / name).stat().st_size > 500 for name in names)
  assert json.loads((tmp_path / "why" / "diagnosis.json").read_text())["profile"][0]["wrong_label"] == 1
  text = (tmp_path / "why" / "diagnosis.md").read_text()
  assert "| wrong label | 0.00 | 100.00 | 100.00 |" in text and "actions that no detection finds: 100.00" in text
