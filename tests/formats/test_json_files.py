"""JSON files become typed values, or one message that names the place."""

import math

import msgspec
import pytest

from jaxvid.formats import json_files
from jaxvid.formats.errors import FormatError


class Action(msgspec.Struct):
  label: str
  segment: tuple[float, float] | None = None


class Entry(msgspec.Struct):
  actions: list[Action] = []


class Container(msgspec.Struct):
  database: dict[str, Entry]


def read(tmp_path, text, type=Container, name="a.json"):
  (tmp_path / name).write_text(text)
  return json_files.read(tmp_path / name, type, "{...}")


def test_what_the_type_does_not_have_is_left_aside(tmp_path):
  assert read(tmp_path, '{"version": 1, "database": {"v": {"fps": 3}}}') == Container({"v": Entry()})


def test_nan_and_numbers_in_quotes_are_numbers(tmp_path):
  text = '{"database": {"v": {"actions": [{"label": "x", "segment": [NaN, "2.5"]}]}}}'
  start, end = read(tmp_path, text).database["v"].actions[0].segment
  assert math.isnan(start) and end == 2.5


@pytest.mark.parametrize(
  "text, place, problem",
  [
    ("[]", "content", "must be an object {...}, not a list [...]"),
    ("{}", "database", "missing"),
    ('{"database": {"v": 3}}', "database.v", "must be an object {...}, not a whole number"),
    ('{"database": {"u": {}, "v.w": {"actions": {}}}}', "database.v.w.actions", "must be a list [...], not an object"),
    ('{"database": {"v": {"actions": [{"label": ""}, {}]}}}', "database.v.actions[1].label", "missing"),
    (
      '{"database": {"v": {"actions": [{"label": "x", "segment": [1]}]}}}',
      "database.v.actions[0].segment",
      "must have 2 values, not 1",
    ),
    ('{"database": {"v": {"actions": [{"label": NaN}]}}}', "database.v.actions[0].label", "must be a text, not a"),
    ('{\n"database": {]', "line 2, column 14", "not readable as JSON"),
    ("", "line 1, column 1", "not readable as JSON"),
  ],
)
def test_what_does_not_fit_is_named(tmp_path, text, place, problem):
  with pytest.raises(FormatError) as caught:
    read(tmp_path, text)
  assert caught.value.file == str(tmp_path / "a.json") and caught.value.field == place
  assert caught.value.problem.startswith(problem) and caught.value.remedy == json_files.REMEDY


def test_keys_of_several_levels(tmp_path):
  with pytest.raises(FormatError, match="a.c: must be a list"):
    read(tmp_path, '{"k": {}, "a": {"b": [], "c": 3}}', dict[str, dict[str, list[int]]])


def test_a_table_is_no_json(tmp_path):
  with pytest.raises(FormatError, match="labels.csv: file: a table or text. JSON is expected here."):
    read(tmp_path, "name,label\n", name="labels.csv")


def test_files_that_are_not_there(tmp_path):
  with pytest.raises(FormatError, match="none.json: file: no such file"):
    json_files.read(tmp_path / "none.json", Container, "{...}")
  with pytest.raises(FormatError, match="not readable .Is a directory"):
    json_files.read(tmp_path, Container, "{...}")
