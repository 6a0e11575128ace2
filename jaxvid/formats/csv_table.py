"""CSV files: rows, and values whose errors name file, line and column."""

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

from jaxvid.formats.errors import FormatError

REMEDY = "Copy it again from where it was published."
Row = dict[str, str]
T = TypeVar("T", int, float)


def first(folder: str | os.PathLike, names: Sequence[str]) -> Path:
  """The first file of a folder with one of these names.

  Raises:
    FormatError: the folder has none of them.
  """
  for name in names:
    if (Path(folder) / name).exists():
      return Path(folder) / name
  raise FormatError(
    folder, "annotations", f"has no {' or '.join(names)}", "Give the folder of the published CSV files."
  )


def rows(file: str | os.PathLike, columns: Sequence[str] = ()) -> list[tuple[int, Row]]:
  """Rows of a file with a header: (line number, column -> value). Line 1 is the header.

  Args:
    file: path of the file.
    columns: that must be there.

  Raises:
    FormatError: the file cannot be read, or its header lacks one of `columns`.
  """

  def parse(stream: TextIO) -> list[tuple[int, Row]]:
    reader = csv.DictReader(stream, skipinitialspace=True)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
      there = ", ".join(reader.fieldnames or ("none",))
      problem = f"no column {', '.join(missing)}; there are {there}"
      raise FormatError(file, "line 1", problem, "The first line names the columns.")
    return [(reader.line_num, row) for row in reader]

  return _parse(file, parse)


def plain_rows(file: str | os.PathLike, columns: Sequence[str]) -> list[tuple[int, Row]]:
  """Rows of a file with exactly `columns`: (line number, column -> value), without empty lines.

  The header line is optional; its first column may have another name.

  Raises:
    FormatError: the file cannot be read, or a row has more or fewer values.
  """
  lines = _parse(file, lambda stream: list(enumerate(csv.reader(stream, skipinitialspace=True), start=1)))
  lines = [(line, [value.strip() for value in values]) for line, values in lines if values]
  if lines and len(columns) > 1 and lines[0][1][1:] == list(columns[1:]):
    lines = lines[1:]
  for line, values in lines:
    if len(values) != len(columns):
      problem = f"{len(values)} values, not {len(columns)} ({', '.join(columns)})"
      raise FormatError(file, f"line {line}", problem, f"It may be cut short. {REMEDY}")
  return [(line, dict(zip(columns, values, strict=True))) for line, values in lines]


def field(file: str | os.PathLike, line: int, row: Row, *columns: str) -> str:
  """The value of a row in the first of `columns` that it has; FormatError if it has none of them."""
  for column in columns:
    if row.get(column) is not None:
      return row[column].strip()
  problem = f"no value in column {' or '.join(columns)}"
  raise FormatError(file, f"line {line}", problem, f"It may be cut short. {REMEDY}")


def number(file: str | os.PathLike, line: int, row: Row, column: str, kind: Callable[[str], T] = float) -> T:
  """The value of a row in `column` as a number of type `kind`; FormatError if it is not one."""
  value = field(file, line, row, column)
  try:
    return kind(value)
  except ValueError:
    raise FormatError(file, f"line {line}, {column}", f"{value!r} is not a number", REMEDY) from None


def index(file: str | os.PathLike, line: int, row: Row, column: str, size: int) -> int:
  """The value of a row in `column` as an index; FormatError if it is not one of 0 to size - 1."""
  value = number(file, line, row, column, int)
  if not 0 <= value < size:
    raise FormatError(file, f"line {line}, {column}", f"{value} is not one of 0 to {size - 1}", REMEDY)
  return value


def seconds(file: str | os.PathLike, line: int, row: Row, column: str) -> float:
  """The value of a row in `column`, such as "00:01:02.34", in seconds; FormatError if it is not a time."""
  timestamp = field(file, line, row, column)
  try:
    hours, minutes, rest = timestamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)
  except ValueError:
    raise FormatError(file, f"line {line}, {column}", f"{timestamp!r} is not a time HH:MM:SS.ss", REMEDY) from None


def _parse(file, parse):
  """Returns parse(stream) of the open file; what goes wrong is a FormatError."""
  try:
    with open(file, encoding="utf-8-sig", newline="") as stream:
      return parse(stream)
  except FileNotFoundError:
    raise FormatError(file, "file", "no such file", "Check the path.") from None
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise FormatError(file, "file", f"not readable as CSV ({error})", REMEDY) from None
