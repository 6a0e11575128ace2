"""Annotation files become ground truth, or one clear message."""

import json

import numpy as np
import pytest

import golden
import score_files as files
from jaxvid.formats.errors import FormatError
from jaxvid.metrics import annotations, epic

HEADER = "narration_id,participant_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class\n"


def test_reads_a_subset_in_any_case(tmp_path):
  path = files.write_annotations(tmp_path / "a.json")
  found = annotations.read(path, ("test",), remove_duplicates=False)
  assert found.recordings == ("a", "b", "c") and found.durations.tolist() == [100, 50, 30]
  assert found.ground_truth.video.tolist() == [0, 0, 1, 1] and found.ground_truth.labels.tolist() == [4, 7, 4, 4]
  assert found.class_names == {4: "jump", 7: "run", 9: "swim"} and found.has_ids and found.num_duplicates == 0


def test_duplicates_are_left_out_on_request(tmp_path):
  found = annotations.read(files.write_annotations(tmp_path / "a.json"), ("test",), remove_duplicates=True)
  assert found.ground_truth.segments.tolist() == [[10, 20], [40, 60], [5, 10]] and found.num_duplicates == 1


def test_without_ids_classes_are_numbered_by_name(tmp_path):
  found = annotations.read(files.write_annotations(tmp_path / "a.json", ids=None), ("training",), True)
  assert found.class_names == {0: "jump", 1: "run", 2: "swim"} and not found.has_ids
  assert found.ground_truth.labels.tolist() == [2]


def test_an_unknown_subset_lists_those_there_are(tmp_path):
  path = files.write_annotations(tmp_path / "a.json")
  with pytest.raises(
    FormatError,
    match="in validation or val; the file has: [Tt]est, Training. Choose .* --sub",
  ):
    annotations.read(path, ("validation", "val"), True)


@pytest.mark.parametrize(
  "content, message",
  [
    ("{", "line 1, column 2: not readable as JSON"),
    ("[]", "content: must be an object .*database"),
    ('{"results": {}}', "database: missing; the file should be"),
    ('{"database": {"a": {"annotations": []}}}', "database.a.subset: missing"),
    ('{"database": {"a": {"subset": "test"}}}', "database.a.annotations: missing"),
    (
      '{"database": {"a": {"subset": "test", "annotations": [{"segment": [0, 1]}]}}}',
      r"\[0\].label: missing",
    ),
    (
      '{"database": {"a": {"subset": "test", "annotations": [{"label": "x", "segment": [0]}]}}}',
      r"database.a.annotations\[0\].segment: \[0\] is not a start and an end in seconds",
    ),
    (
      '{"database": {"a": {"subset": "test", "annotations": [{"label": "x"}]}}}',
      r"database.a.annotations\[0\].segment: None is not a start and an end in seconds",
    ),
    (
      '{"database": {"a": {"subset": "test", "duration": "long", "annotations": []}}}',
      "database.a.duration: 'long' is not a number",
    ),
  ],
)
def test_other_files_are_refused(tmp_path, content, message):
  path = tmp_path / "a.json"
  path.write_text(content)
  with pytest.raises(FormatError, match=f"(?s){path}.*{message}"):
    annotations.read(path, ("test",), False)


def write_epic(tmp_path, rows):
  path = tmp_path / "EPIC_100_validation.csv"
  path.write_text(HEADER + "".join(f"n{i},P01,{row}\n" for i, row in enumerate(rows)))
  return path


def test_epic_kitchens(tmp_path):
  path = write_epic(tmp_path, ["P01_1,00:00:01.50,00:01:02.00,3,12", "P01_2,01:00:00.00,01:00:01.25,0,2"])
  (tmp_path / "EPIC_100_verb_classes.csv").write_text("id,key\n0,take\n3,open\n")
  (tmp_path / "EPIC_100_video_info.csv").write_text("video_id,duration\nP01_1,100.5\n")
  verbs, nouns, actions = (epic.read(path, task, False) for task in epic.TASKS)
  assert verbs.recordings == ("P01_1", "P01_2")
  assert verbs.ground_truth.segments.tolist() == [[1.5, 62], [3600, 3601.25]]
  np.testing.assert_array_equal(verbs.durations, [100.5, np.nan])
  assert verbs.class_names == {0: "take", 3: "open"} and nouns.class_names == {2: "2", 12: "12"}
  assert actions.ground_truth.labels.tolist() == [912, 2] and actions.class_names == {2: "take,2", 912: "open,12"}


def test_epic_kitchens_says_what_is_wrong(tmp_path):
  with pytest.raises(FormatError, match="line 3, start_timestamp: "):
    epic.read(write_epic(tmp_path, ["P01_1,00:00:01.5,00:00:02,3,1", "P01_1,1.5,00:00:02,3,1"]), "verb", False)
  path = tmp_path / "other.csv"
  path.write_text("video,start,stop,verb_class,noun_class\nP01_1,1,2,3,4\n")
  with pytest.raises(FormatError, match="no column .*Give an annotation file"):
    epic.read(path, "verb", False)


def test_the_real_files_have_their_counts():
  thumos = golden.shared("data/thumos14/thumos14.json")
  assert len(json.loads(thumos.read_text())["database"]) == 412
  test = annotations.read(thumos, ("test",), True)
  assert (len(test.recordings), len(test.ground_truth.labels), len(test.class_names)) == (212, 3358, 20)
  activitynet = golden.shared("data/activitynet13/activity_net_1_3_available.json")
  validation = annotations.read(activitynet, ("validation",), False)
  assert (len(validation.recordings), len(validation.ground_truth.labels)) == (4728, 7293)
  assert len(validation.class_names) == 200
  actions = epic.read(golden.shared("data/epic100/EPIC_100_validation.csv"), "action", False)
  assert (len(actions.recordings), len(actions.ground_truth.labels)) == (138, 9668)
  assert actions.class_names[2] == "take,plate" and np.isfinite(actions.durations).all()
