"""Rows and values of CSV files."""

import pytest

from jaxvid.formats import csv_table
from jaxvid.formats.errors import FormatError


def write(tmp_path, data):
  (tmp_path / "a.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
  return tmp_path / "a.csv"


def test_rows_have_the_lines_that_an_editor_shows(tmp_path):
  rows = csv_table.rows(write(tmp_path, b'\xef\xbb\xbfid, name\n1, "two\nlines"\n\n2, b\n'))
  assert rows == [(3, {"id": "1", "name": "two\nlines"}), (5, {"id": "2", "name": "b"})]


def test_the_header_of_plain_rows_is_optional(tmp_path):
  expected = [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]
  for header in ("", "id,name\n", "uid,name\n"):
    rows = csv_table.plain_rows(write(tmp_path, f"{header}1, a\n\n2,b\n"), ("id", "name"))
    assert [row for _, row in rows] == expected
  with pytest.raises(FormatError, match=r"line 2: 1 values, not 2 \(id, name\). It may be cut short"):
    csv_table.plain_rows(write(tmp_path, "1,a\n2\n"), ("id", "name"))


def test_values(tmp_path):
  row = {"n": " 3 ", "x": "2.5", "t": "01:00:02.5", "none": None}
  assert csv_table.field("f", 4, row, "absent", "n") == "3" and csv_table.number("f", 4, row, "x") == 2.5
  assert csv_table.index("f", 4, row, "n", 4) == 3 and csv_table.seconds("f", 4, row, "t") == 3602.5


@pytest.mark.parametrize(
  "read, message",
  [
    (lambda row: csv_table.field("f", 4, row, "absent", "none"), "f: line 4: no value in column absent or none"),
    (lambda row: csv_table.number("f", 4, row, "x", int), "f: line 4, x: '2.5' is not a number"),
    (lambda row: csv_table.index("f", 4, row, "n", 3), "f: line 4, n: 3 is not one of 0 to 2"),
    (lambda row: csv_table.seconds("f", 4, row, "x"), "f: line 4, x: '2.5' is not a time HH:MM:SS.ss"),
  ],
)
def test_values_that_are_none(read, message):
  with pytest.raises(FormatError, match=message):
    read({"n": "3", "x": "2.5", "none": None})


def test_files_that_cannot_be_read(tmp_path):
  with pytest.raises(FormatError, match="a.csv: file: no such file. Check the path"):
    csv_table.rows(tmp_path / "a.csv")
  with pytest.raises(FormatError, match="a.csv: file: not readable as CSV"):
    csv_table.rows(write(tmp_path, b"\xff\xfe"))
  with pytest.raises(FormatError, match="line 1: no column label; there are id, name. The first line names the"):
    csv_table.rows(write(tmp_path, "id,name\n1,a\n"), ("id", "label"))
  with pytest.raises(FormatError, match="has no b.csv or c.csv. Give the folder of the published CSV files"):
    csv_table.first(tmp_path, ("b.csv", "c.csv"))
