"""Files of detections become columns, or one clear message."""

import pytest

import score_files as files
from jaxvid.formats import activitynet_detections
from jaxvid.metrics import annotations, epic, submission
from score_files import detection


@pytest.fixture
def truth(tmp_path):
  return annotations.read(files.write_annotations(tmp_path / "truth.json"), ("test",), False)


def read(tmp_path, truth, task=None, labels="known", **results):
  path = files.write_submission(tmp_path / "found.json", **results)
  return submission.detections(activitynet_detections.read(path), truth, task, labels)


def test_columns(tmp_path, truth):
  found = read(
    tmp_path,
    truth,
    b=[detection("run", 1, 2, 0.5), detection("jump", 3, 4.5, 1)],
    x=[detection("swim", 0, 1, 0.1)],
    c=[],
  )
  assert found.recordings == ("a", "b", "c", "x") and found.predicted.tolist() == [False, True, True]
  assert found.predictions.video.tolist() == [1, 1, 3] and found.predictions.labels.tolist() == [7, 4, 9]
  assert found.predictions.segments.tolist() == [[1, 2], [3, 4.5], [0, 1]]
  assert found.predictions.scores.tolist() == [0.5, 1, 0.1]


def test_back_to_the_format(tmp_path, truth):
  found = read(tmp_path, truth, b=[detection("run", 1, 2, 0.5), detection("jump", 3, 4.5, 1)])
  expected = {"b": [detection("jump", 3, 4.5, 1), detection("run", 1, 2, 0.5)]}
  assert submission.to_results(found, truth) == expected


def test_classes_go_by_name_or_by_the_annotations_ids(tmp_path, truth):
  found = read(tmp_path, truth, a=[detection(label, 0, 1, 1) for label in ("jump", 7, "7", 0)])
  assert found.predictions.labels.tolist() == [4, 7, 7, 0]
  nameless = annotations.read(files.write_annotations(tmp_path / "nameless.json", ids=None), ("test",), False)
  with pytest.raises(submission.SubmissionError, match="1 labels are unknown to .*nameless.json: 7; it has names such"):
    read(tmp_path, nameless, a=[detection(7, 0, 1, 1)])


def test_unknown_names_are_refused(tmp_path, truth):
  message = "found.json: 2 labels are unknown to .*truth.json: fly, sit; it has class ids and names such as jump, run"
  with pytest.raises(submission.SubmissionError, match=message):
    read(tmp_path, truth, a=[detection("sit", 0, 1, 1), detection("jump", 0, 1, 1), detection("fly", 0, 1, 1)])
  some = read(tmp_path, truth, labels="any", a=[detection("sit", 0, 1, 1), detection("jump", 0, 1, 1)])
  assert some.predictions.labels.tolist() == [-1, 4]


@pytest.mark.parametrize("label", [None, 1.5, True, {}, [], ["jump"]])
def test_labels_that_are_none_are_refused(tmp_path, truth, label):
  with pytest.raises(submission.SubmissionError, match="1 labels are unknown"):
    read(tmp_path, truth, a=[detection(label, 0, 1, 1)])


def test_activitynets_prefix_is_not_part_of_a_name(tmp_path, truth):
  found = read(tmp_path, truth, v_a=[detection("run", 1, 2, 0.5)], v_b=[])
  assert found.recordings == ("a", "b", "c") and found.predicted.tolist() == [True, True, False]


def test_recordings_of_another_subset_are_refused(tmp_path, truth):
  with pytest.raises(submission.SubmissionError, match=r"none of its recordings \(d\) is among .*--subset"):
    read(tmp_path, truth, d=[detection("run", 1, 2, 0.5)])


def test_labels_can_be_left_aside(tmp_path, truth):
  found = read(tmp_path, truth, labels="none", a=[{"segment": [0, 1], "score": 1}, detection("sit", 0, 1, 1)])
  assert found.predictions.labels.tolist() == [-1, -1]


def test_epic_kitchens_form(tmp_path):
  path = tmp_path / "EPIC_100_validation.csv"
  path.write_text("video_id,start_timestamp,stop_timestamp,verb_class,noun_class\nP,00:00:01,00:00:02,3,12\n")
  row = {"verb": 3, "noun": 12, "action": "3,12", "segment": [1, 2], "score": 0.5}
  for task, label in (("verb", 3), ("noun", 12), ("action", 912)):
    truth = epic.read(path, task, False)
    assert read(tmp_path, truth, task, P=[row]).predictions.labels.tolist() == [label]
    assert truth.ground_truth.labels.tolist() == [label]
  pairs = [detection(label, 1, 2, 1) for label in ("3,12", [3, 12], "4, 0")]
  assert read(tmp_path, truth, "action", P=pairs).predictions.labels.tolist() == [912, 912, 1200]
  with pytest.raises(submission.SubmissionError, match="labels are unknown.*: 3,x, 912;"):
    read(tmp_path, truth, "action", P=[detection(912, 1, 2, 1), detection("3,x", 1, 2, 1)])


def test_detections_without_a_label_are_refused(tmp_path, truth):
  message = r"found.json: results.b\[0\] has no label. Give every detection a label"
  with pytest.raises(submission.SubmissionError, match=message):
    read(tmp_path, truth, a=[detection("run", 0, 1, 1)], b=[{"segment": [0, 1], "score": 1}])
