"""Annotations in ActivityNet's container."""

import json

import numpy as np
import pytest

from jaxvid.formats import activitynet_annotations
from jaxvid.formats.annotations import most_frequent
from jaxvid.formats.errors import FormatError
from jaxvid.records import Timing


def read(tmp_path, database, **beside):
  path = tmp_path / "all.json"
  path.write_text(json.dumps({"version": "1", "taxonomy": [{}], **beside, "database": database}))
  return activitynet_annotations.read(path)


def action(label, *segment, **more):
  return {"label": label, "segment": list(segment), **more}


def test_a_recording(tmp_path):
  actions = [action("jump", 1, 2.5, label_id=3), action(7, "0.5", 1, label_id=4)]
  container = read(tmp_path, {"a": {"subset": " Test", "duration": "40", "fps": 25, "url": "", "annotations": actions}})
  assert container.subset("a") == "test" and container.timing("a") == Timing(fps=25, duration=40)
  assert container.segments("a").tolist() == [[1, 2.5], [0.5, 1]]
  assert [annotation.name for annotation in container.entries["a"].annotations] == ["jump", "7"]
  assert container.names_by_id() == {3: {"jump": 1}, 4: {"7": 1}}


def test_what_is_not_said(tmp_path):
  container = read(tmp_path, {"a": {}, "b": {"annotations": None}})
  assert container.subset("a") == "" and container.number("a", "duration") is None and container.timing("b") == Timing()
  assert container.segments("b").shape == (0, 2) and container.names_by_id() == {}


def test_timing_beside_the_database_is_of_all_that_do_not_say(tmp_path):
  container = read(tmp_path, {"a": {"fps": 15}, "b": {}}, fps=30, feat_stride=4, num_frames=16)
  assert container.timing("a") == Timing(15, 4, 16) and container.timing("b") == Timing(30, 4, 16)


def test_names_of_classes_are_counted(tmp_path):
  actions = [
    action("run", label_id=0),
    action("jump", label_id=0),
    action("jump", label_id=0),
    action("x", label_id="1"),
  ]
  named = read(tmp_path, {"a": {"annotations": [*actions, action("y"), {"label_id": 2}]}}).names_by_id()
  assert named == {0: {"run": 1, "jump": 2}, "1": {"x": 1}, None: {"y": 1}, 2: {"2": 1}}
  assert most_frequent(named[0]) == "jump" and most_frequent({"b": 1, "a": 1}) == "b"


def test_a_bad_recording_shows_when_it_is_looked_at(tmp_path):
  actions = [action("jump", 1, 2), action("jump", 1)]
  container = read(tmp_path, {"a": {"duration": "long", "fps": -1, "annotations": actions}, "b": {"fps": 2}})
  assert container.timing("b") == Timing(fps=2)
  with pytest.raises(FormatError, match="all.json: database.a.duration: 'long' is not a number. Correct it."):
    container.timing("a")
  with pytest.raises(FormatError, match=r"database.a.annotations\[1\].segment: \[1\] is not a start and an end"):
    container.segments("a")
  assert np.isnan(container.entries["a"].annotations[1].times).all()
  with pytest.raises(FormatError, match="database.a.fps: must be a positive number; got -1"):
    read(tmp_path, {"a": {"fps": -1}}).timing("a")


@pytest.mark.parametrize(
  "content, message",
  [
    ({"results": {}}, "database: missing; the file should be .*RECORDING"),
    ({"database": []}, "database: must be an object"),
    ({"database": {"a": {}, "b": 3}}, "database.b: must be an object"),
    ({"database": {"a": {"annotations": 3}}}, "database.a.annotations: must be a list"),
    ({"database": {"a": {"annotations": [{}, "jump"]}}}, r"database.a.annotations\[1\]: must be an object"),
  ],
)
def test_other_files_are_refused(tmp_path, content, message):
  (tmp_path / "all.json").write_text(json.dumps(content))
  with pytest.raises(FormatError, match=f"all.json: {message}.*Give annotations in ActivityNet's container"):
    activitynet_annotations.read(tmp_path / "all.json")


def test_what_is_written_is_read(tmp_path):
  activitynet_annotations.write(tmp_path / "a.json", {"a": {"subset": "t", "annotations": [action("x", 1, 2)]}}, "1")
  assert activitynet_annotations.read(tmp_path / "a.json").segments("a").tolist() == [[1, 2]]
