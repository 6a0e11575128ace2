"""Scores that a classifier gives the classes of whole recordings, in the forms that people have."""

import json

import pytest

from jaxvid.formats import video_scores
from jaxvid.formats.errors import FormatError
from jaxvid.formats.video_scores import VideoScores


def read(tmp_path, content):
  (tmp_path / "classes.json").write_text(json.dumps(content))
  return video_scores.read(tmp_path / "classes.json")


@pytest.mark.parametrize(
  "entry, scores",
  [
    ([0.25, 0.75], [0.25, 0.75]),
    ([{"label": "run", "score": 0.75}, {"label": "jump", "score": 0.25}], {"run": 0.75, "jump": 0.25}),
    ({"run": 0.75, "jump": "0.25"}, {"run": 0.75, "jump": 0.25}),
    ({"class": "run", "score": 1}, {"run": 1.0}),
    ([], []),
  ],
)
def test_the_forms_that_classifiers_write(tmp_path, entry, scores):
  assert read(tmp_path, {"a": entry}) == VideoScores(None, {"a": scores})
  assert read(tmp_path, {"results": {"a": entry}, "version": 1}) == VideoScores(None, {"a": scores})


def test_the_order_of_lists(tmp_path):
  found = read(tmp_path, {"results": {"a": [0.25, 0.75]}, "class": ["run", "jump"]})
  assert found.order == ("run", "jump") and found.classes() == {"run", "jump"}
  assert read(tmp_path, {"a": {"fly": 1}, "b": [0.5]}).classes() == {"fly"}


@pytest.mark.parametrize(
  "content, message",
  [
    ([1], "content: must be an object"),
    ({"a": 3}, "a: must be a list"),
    ({"a": [{"label": "jump"}]}, r"a\[0\].score: missing"),
    ({"results": {"a": {"class": "jump"}}}, "results.a.score: missing"),
    ({"results": {"a": {"jump": "high"}}}, "results.a.jump: must be a number"),
    ({"results": [1]}, "results: must be an object"),
    ({"results": {}, "class": [1]}, r"class\[0\]: must be a text"),
  ],
)
def test_other_files_are_refused(tmp_path, content, message):
  with pytest.raises(FormatError, match=f"classes.json: {message}.*docs/evaluation.md lists the forms"):
    read(tmp_path, content)
