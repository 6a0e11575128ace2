"""Names of classes from the files in which people have them."""

import json

import pytest

from jaxvid.formats import class_names

ANNOTATIONS = {
  "database": {
    "a": {"annotations": [{"label": "run", "label_id": 1}, {"label": "jump", "label_id": 0}]},
    "b": {"annotations": [{"label": "run", "label_id": 1}]},
    "unlabelled": {},
  }
}


@pytest.mark.parametrize(
  "name, content, expected",
  [
    ("names.txt", "jump\nrun\n\n", ["jump", "run"]),
    ("names.json", json.dumps(["jump", "run"]), ["jump", "run"]),
    ("names.json", json.dumps({"run": 1, "jump": 0}), ["jump", "run"]),
    ("annotations.json", json.dumps(ANNOTATIONS), ["jump", "run"]),
  ],
)
def test_reads(tmp_path, name, content, expected):
  (tmp_path / name).write_text(content)
  assert class_names.read(tmp_path / name, 2) == expected


def test_classes_without_an_annotation(tmp_path):
  (tmp_path / "annotations.json").write_text(json.dumps(ANNOTATIONS))
  assert class_names.read(tmp_path / "annotations.json", 3) == ["jump", "run", "class 2"]


def test_a_model_that_leaves_classes_to_others(tmp_path):
  (tmp_path / "annotations.json").write_text(json.dumps(ANNOTATIONS))
  assert class_names.read(tmp_path / "annotations.json", 1) == ["action"]


@pytest.mark.parametrize(
  "name, content, message",
  [
    ("names.txt", "jump\nrun\nfly", "3 classes, but the model has 2"),
    ("names.json", "[1", "line 1, column 3: not readable as JSON"),
    ("names.json", '{"database": {"a": {"annotations": [{"label": "run"}]}}}', "label_id"),
    ("names.json", '{"run": "x"}', "run: must be a whole number, not a text; .* or a dict of name -> index"),
  ],
)
def test_refuses(tmp_path, name, content, message):
  (tmp_path / name).write_text(content)
  with pytest.raises(ValueError, match=message) as caught:
    class_names.read(tmp_path / name, 2)
  assert name in str(caught.value)
