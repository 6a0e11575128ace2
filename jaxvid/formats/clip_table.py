"""A CSV table of clips that anyone can write.

The header names the columns: file and label, and if you like start and end (seconds of the file), split, group (clips
of the same recording) and id. Files are relative to the table's folder.
"""

import dataclasses
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from jaxvid.formats import csv_table
from jaxvid.formats.errors import FormatError


@dataclasses.dataclass(frozen=True)
class Row:
  """A row of a table.

  Attributes:
    where: its place, for messages: "clips.csv: line 17".
    file: as it stands in the table.
    label: name of the class.
    start, end: seconds of the file; None for its beginning and its end.
    split, group, id: "" where the table does not say.
  """

  where: str
  file: str
  label: str
  start: float | None
  end: float | None
  split: str
  group: str
  id: str


def read(file: str | os.PathLike) -> tuple[list[Row], list[FormatError]]:
  """The rows of a table, and what is wrong with those that cannot be used.

  Raises:
    FormatError: the file cannot be read, lacks a column or has no rows; or a split has a name that none can have.
  """
  found, bad = [], []
  for where, row in rows(file, ("file", "label")):
    try:
      if not row["file"] or not row["label"]:
        raise FormatError(file, where, "no file or no label in it", "Correct it.")
      start, end = times(file, where, row, "start", "end")
    except FormatError as error:
      bad.append(error)
      continue
    split = (row.get("split") or "").strip()
    if split:
      check_split(file, where, split)
    names = row.get("group") or "", row.get("id") or ""
    found.append(Row(where, row["file"], row["label"].strip(), start, end, split, *names))
  return found, bad


def rows(file: str | os.PathLike, columns: Sequence[str]) -> list[tuple[str, csv_table.Row]]:
  """(place such as "clips.csv: line 17", dict of column -> value) of a table of clips.

  Raises:
    FormatError: the file cannot be read, has no rows or lacks one of `columns`.
  """
  found = [(f"{Path(file).name}: line {line}", row) for line, row in csv_table.rows(file, columns)]
  if not found:
    raise FormatError(file, "table", "no rows", "Check the path.")
  return found


def times(
  file: str | os.PathLike, where: str, row: csv_table.Row, start: str, end: str
) -> tuple[float | None, float | None]:
  """Seconds in the columns `start` and `end` of a row; None where a cell is empty.

  Raises:
    FormatError: one is no time, or they are reversed or empty.
  """
  first, last = (_seconds(file, where, row.get(column)) for column in (start, end))
  if last is not None and last <= (first or 0.0):
    raise FormatError(file, where, f"{first or 0:g} to {last:g} s is reversed or empty", "Correct it.")
  return first, last


def check_split(file: str | os.PathLike, where: str, name: str) -> None:
  """Raises FormatError where a dataset's split cannot be called so."""
  if not re.fullmatch(r"[A-Za-z_]\w*", name):
    raise FormatError(file, where, f"split {name!r} is no name", "Use letters, digits and _ only.")


def _seconds(file: str | os.PathLike, where: str, text: str | None) -> float | None:
  if text is None or not text.strip():
    return None
  try:
    value = float(text)
  except ValueError:
    value = math.nan
  if not (math.isfinite(value) and value >= 0):
    raise FormatError(file, where, f"{text!r} is no time in seconds", "Correct it.")
  return value
