"""Rows of published CSV files, and their values, read so that a mistake names file, line and column."""

import csv
from pathlib import Path

from jaxvid.data_prep.building.checks import BadInput

REMEDY = "Copy it again from where it was published."


def first(folder, names) -> Path:
  """The first of some files of a folder that is there."""
  for name in names:
    if (Path(folder) / name).exists():
      return Path(folder) / name
  raise BadInput(folder, "annotations", f"has no {' or '.join(names)}", "Give the folder of the published CSV files.")


def rows(file):
  """List of (line, dict of column -> value) of a file with a header; line 1 is the header."""
  return _read(file, lambda stream: list(enumerate(csv.DictReader(stream, skipinitialspace=True), start=2)))


def plain_rows(file, columns):
  """List of (line, dict of column -> value) of a file whose header, if it has one, is `columns`.

  A row of more or fewer values is an error; empty lines are left out. A first line that names columns is the header:
  it may call the first of them otherwise.
  """
  lines = _read(file, lambda stream: list(enumerate(csv.reader(stream, skipinitialspace=True), start=1)))
  lines = [(line, [value.strip() for value in values]) for line, values in lines if values]
  if lines and len(columns) > 1 and lines[0][1][1:] == list(columns[1:]):
    lines = lines[1:]
  for line, values in lines:
    if len(values) != len(columns):
      problem = f"{len(values)} values, not {len(columns)} ({', '.join(columns)})"
      raise BadInput(file, f"line {line}", problem, f"It may be cut short. {REMEDY}")
  return [(line, dict(zip(columns, values, strict=True))) for line, values in lines]


def field(file, line, row, *columns) -> str:
  """The value in the first of some columns that the file has."""
  for column in columns:
    if row.get(column) is not None:
      return row[column].strip()
  raise BadInput(file, f"line {line}", f"no value in column {' or '.join(columns)}", f"It may be cut short. {REMEDY}")


def number(file, line, row, column, kind=float):
  """The value in a column as a number, of type `kind`."""
  value = field(file, line, row, column)
  try:
    return kind(value)
  except ValueError:
    raise BadInput(file, f"line {line}, {column}", f"{value!r} is no number", REMEDY) from None


def index(file, line, row, column, size) -> int:
  """The value in a column as an index, 0 to size - 1."""
  value = number(file, line, row, column, int)
  if not 0 <= value < size:
    raise BadInput(file, f"line {line}, {column}", f"{value} is not one of 0 to {size - 1}", REMEDY)
  return value


def seconds(file, line, row, column) -> float:
  """Seconds of a value such as "00:01:02.34"."""
  timestamp = field(file, line, row, column)
  try:
    hours, minutes, rest = timestamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)
  except ValueError:
    raise BadInput(file, f"line {line}", f"{timestamp!r} is no time HH:MM:SS.ss", REMEDY) from None


def _read(file, parse):
  try:
    with open(file, encoding="utf-8", newline="") as stream:
      return parse(stream)
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise BadInput(file, "file", f"not readable as CSV ({error})", REMEDY) from None
