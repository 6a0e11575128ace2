"""Detections in ActivityNet's submission format."""

import json

import numpy as np
import pytest

from jaxvid.formats import activitynet_detections
from jaxvid.formats.errors import FormatError

SEGMENTS = np.array([[1.5, 2.25], [0, 1]], np.float32)
SCORES = np.array([0.1, 0.5], np.float32)


def test_a_line_a_recording(tmp_path):
  nothing = (np.zeros((0, 2)), np.zeros(0), np.zeros(0, int))
  recordings = [('the "first"', SEGMENTS, SCORES, np.array([1, 0])), ("second", *nothing)]
  activitynet_detections.write(tmp_path / "a.json", recordings, ["walk", "run"])
  assert (tmp_path / "a.json").read_text() == (
    '{"version": "1.0", "results": {\n'
    '"the \\"first\\"": [{"label": "run", "segment": [1.5, 2.25], "score": 0.10000000149011612}, '
    '{"label": "walk", "segment": [0.0, 1.0], "score": 0.5}],\n'
    '"second": []\n'
    "}}\n"
  )


def test_labels_without_names_are_numbers(tmp_path):
  activitynet_detections.write(tmp_path / "a.json", [("a", SEGMENTS, SCORES, np.array([7, 0]))], ())
  assert [row["label"] for row in json.loads((tmp_path / "a.json").read_text())["results"]["a"]] == [7, 0]


def test_no_recordings(tmp_path):
  activitynet_detections.write(tmp_path / "a.json", [], [])
  assert json.loads((tmp_path / "a.json").read_text()) == {"version": "1.0", "results": {}}


def read(tmp_path, content):
  path = tmp_path / "found.json"
  path.write_text(content if isinstance(content, str) else json.dumps(content))
  return activitynet_detections.read(path)


def test_what_is_written_is_read(tmp_path):
  activitynet_detections.write(tmp_path / "a.json", [("a", SEGMENTS, SCORES, np.array([1, 0]))], ["walk", "run"])
  found = activitynet_detections.read(tmp_path / "a.json")
  np.testing.assert_array_equal(found.segments, SEGMENTS)
  np.testing.assert_array_equal(found.scores, SCORES)
  assert found.labels == {"label": ["run", "walk"]} and found.counts == {"a": 2} and not found.is_epic


def test_the_form_of_epic_kitchens(tmp_path):
  row = {"verb": 3, "noun": 12, "action": "3,12", "segment": [1, 2], "score": 0.5}
  found = read(tmp_path, {"results": {"P": [], "Q": [row]}, "sls_pt": 1})
  assert found.is_epic and found.labels == {"verb": [3], "noun": [12], "action": ["3,12"]}
  assert found.counts == {"P": 0, "Q": 1} and found.place(0) == "results.Q[0]"


def test_numbers_may_be_written_as_texts(tmp_path):
  found = read(tmp_path, {"results": {"a": [{"label": 1, "segment": ["1.5", 2], "score": "0.5"}]}})
  assert found.segments.tolist() == [[1.5, 2]] and found.scores.tolist() == [0.5] and found.labels == {"label": [1]}


@pytest.mark.parametrize(
  "content, message",
  [
    ("", "line 1, column 1: not readable as JSON"),
    ('{"a": []}', "results: missing; the file should be .*submission format"),
    ('{"results": []}', "results: must be an object"),
    ('{"results": {"a": {"label": "run"}}}', "results.a: must be a list"),
    ('{"results": {"a": [], "b": 3}}', "results.b: must be a list"),
    ('{"results": {"a": [{"label": "run", "segment": [0, 1]}]}}', r"results.a\[0\].score: missing"),
    ('{"results": {"a": [{"label": "run", "segment": [0], "score": 1}]}}', r"segment: must have 2 values, not 1"),
    (
      '{"results": {"b": [], "a": [{"label": "run", "segment": [0, NaN], "score": 1}]}}',
      r"results.a\[0\].segment: \(0.0, nan\) is not finite",
    ),
    (
      '{"results": {"a": [{"segment": [0, 1], "score": 1}, {"segment": [0, 1], "score": NaN}]}}',
      r"results.a\[1\].score: nan is not finite",
    ),
    ('{"results": {"a": [{"label": "run", "segment": [0, 1], "score": null}]}}', "score: must be a number, not null"),
    ('{"results": {"a": [{"label": "run", "segment": [0, 1], "score": "high"}]}}', "score: must be a number, not"),
  ],
)
def test_other_files_are_refused(tmp_path, content, message):
  with pytest.raises(FormatError, match=f"(?s)found.json: .*{message}"):
    read(tmp_path, content)
