"""Detections in ActivityNet's submission format."""

import json

import numpy as np

from jaxvid.formats import activitynet_detections

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
