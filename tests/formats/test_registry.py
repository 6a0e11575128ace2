"""A file is a format: what a new one must have, and that all readers of annotations and detections take it then."""

import json
import sys

import numpy as np
import pytest

import jaxvid.formats
from jaxvid.data import recordings
from jaxvid.data_prep.building import activitynet_json
from jaxvid.formats import annotations, class_names, detections, registry
from jaxvid.formats.errors import FormatError
from jaxvid.metrics import annotations as truth_of
from jaxvid.metrics import submission
from jaxvid.records import Timing

# A line a recording: name, duration, label, start, end; of detections: name, label, start, end, score.
TSV_ANNOTATIONS = """
import pathlib
from jaxvid.formats.annotations import Annotation, Container, Entry

SUFFIXES = (".tsv",)


def read(path):
  entries = {}
  for line in pathlib.Path(path).read_text().splitlines():
    name, duration, label, start, end = line.split()
    entries[name] = Entry("test", duration, annotations=[Annotation(label, 0, (start, end))])
  return Container(str(path), entries)
"""
TSV_DETECTIONS = """
import pathlib
import numpy as np
from jaxvid.formats.detections import Submission

SUFFIXES = (".tsv",)


def read(path):
  name, label, start, end, score = pathlib.Path(path).read_text().split()
  return Submission(str(path), {name: 1}, np.array([[start, end]], float), np.array([score], float), {"label": [label]})
"""
WRITTEN_AS_TSV = """
import pathlib

SUFFIXES = (".tsv",)


def write(path, recordings, class_names):
  rows = (f"{name} {class_names[k]} {start:g} {end:g} {score:g}" for name, *columns in recordings
          for (start, end), score, k in zip(*columns))
  pathlib.Path(path).write_text("\\n".join(rows))
"""
# Its files end as ActivityNet's do, so that it must tell its own.
KEYED = """
import json
from jaxvid.formats.annotations import Container, Entry

SUFFIXES = (".json",)


def recognizes(path):
  return "keyed" in json.loads(path.read_bytes())


def read(path):
  return Container(str(path), {name: Entry("train") for name in json.loads(path.read_bytes())["keyed"]})
"""


@pytest.fixture
def add_format(tmp_path, monkeypatch):
  """A function that puts a file into the room, for the time of a test."""
  folder = tmp_path / "formats"
  folder.mkdir()
  monkeypatch.setattr(jaxvid.formats, "__path__", [*jaxvid.formats.__path__, str(folder)])

  def add(name, source):
    (folder / f"{name}.py").write_text(source)
    monkeypatch.delitem(sys.modules, f"jaxvid.formats.{name}", raising=False)

  yield add
  for path in folder.glob("*.py"):
    sys.modules.pop(f"jaxvid.formats.{path.stem}", None)


def test_a_format_of_annotations_is_one_file(tmp_path, add_format):
  add_format("tsv_annotations", TSV_ANNOTATIONS)
  path = tmp_path / "actions.tsv"
  path.write_text("a 40 jump 1 2.5\n")
  built = activitynet_json.read(path)
  recording = built.recordings["test"]["a"]()
  assert built.class_names == ["jump"] and recording.timing == Timing(duration=40)
  assert [(action.label, action.start, action.end) for action in recording.actions] == [("jump", 1, 2.5)]
  scored = truth_of.read(path, ("test",), False)
  assert scored.ground_truth.segments.tolist() == [[1, 2.5]] and scored.class_names == {0: "jump"}
  assert recordings.read_timings(path) == {"a": Timing(duration=40)} and class_names.read(path, 1) == ["jump"]


def test_a_format_of_detections_is_one_file(tmp_path, add_format):
  add_format("tsv_annotations", TSV_ANNOTATIONS)
  add_format("tsv_detections", TSV_DETECTIONS)
  (tmp_path / "actions.tsv").write_text("a 40 jump 1 2.5\n")
  (tmp_path / "found.tsv").write_text("a jump 1 2 0.75\n")
  truth = truth_of.read(tmp_path / "actions.tsv", ("test",), False)
  found = submission.detections(detections.read(tmp_path / "found.tsv"), truth)
  assert found.predictions.labels.tolist() == [0] and found.predictions.scores.tolist() == [0.75]
  np.testing.assert_array_equal(found.predictions.segments, [[1, 2]])


def test_an_output_format_is_one_file(tmp_path, add_format):
  recordings = [("a", np.array([[1.0, 2.0]]), np.array([0.75]), np.array([1]))]
  with pytest.raises(ValueError, match="found.tsv: detections cannot be written as .tsv; .* ends in .json"):
    detections.write(tmp_path / "found.tsv", recordings, ["walk", "jump"])
  add_format("tsv_detections", WRITTEN_AS_TSV)
  detections.write(tmp_path / "found.tsv", recordings, ["walk", "jump"])
  assert (tmp_path / "found.tsv").read_text() == "a jump 1 2 0.75"
  for name in ("found.json", "found"):
    detections.write(tmp_path / name, recordings, ["walk", "jump"])
    assert detections.read(tmp_path / name).labels == {"label": ["jump"]}


def test_formats_of_one_ending_are_told_apart_by_their_content(tmp_path, add_format):
  add_format("keyed_annotations", KEYED)
  assert registry.names("annotations") == ["activitynet", "keyed"]
  path = tmp_path / "a.json"
  path.write_text(json.dumps({"keyed": ["a"]}))
  assert annotations.read(path).subset("a") == "train"
  path.write_text(json.dumps({"database": {"b": {}}}))
  assert list(annotations.read(path).entries) == ["b"]


def test_what_no_format_knows_is_taken_for_activitynets(tmp_path):
  (tmp_path / "a").write_text('{"database": {}}')
  assert not annotations.read(tmp_path / "a").entries
  (tmp_path / "a.csv").write_text("a,b\n")
  with pytest.raises(FormatError, match="a.csv: file: a table or text. JSON is expected here"):
    detections.read(tmp_path / "a.csv")
