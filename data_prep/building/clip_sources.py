"""What readers of datasets of clips share: finding video files, reading tables, and the checks of both."""

import math
from collections.abc import Sequence
from pathlib import Path

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import csv_table
from jaxvid.video.container import SUFFIXES


def all_video_files(folder: str | Path) -> list[Path]:
  """The video files in a folder and below.

  Raises:
    BadInput: there is none.
  """
  folder = Path(folder)
  if not folder.is_dir():
    raise BadInput(folder, "videos", "no such folder", "Check the path.")
  found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
  found = [path for path in found if path.is_file()]
  if not found:
    raise BadInput(folder, "videos", f"no file that ends in {', '.join(SUFFIXES)}", "Check the path.")
  return sorted(found)


def video_files(folder: str | Path) -> dict[str, Path]:
  """The same by name without ending: one per name, the first in the order of paths."""
  found: dict[str, Path] = {}
  for path in all_video_files(folder):
    found.setdefault(path.stem, path)
  return found


def read_csv(file: str | Path, needed: Sequence[str]) -> list[dict[str, str]]:
  """The rows of a CSV file with a header, each with its line in "line".

  Raises:
    BadInput: the file cannot be read, or lacks a column of `needed`.
  """
  rows = [dict(row, line=f"{Path(file).name}: line {line}") for line, row in csv_table.rows(file, needed)]
  if not rows:
    raise BadInput(file, "table", "no rows", "Check the path.")
  return rows


def seconds(text: str | None, file: str | Path, where: str) -> float | None:
  """A time in a table; None where the cell is empty."""
  if text is None or not text.strip():
    return None
  try:
    value = float(text)
  except ValueError:
    value = math.nan
  if not (math.isfinite(value) and value >= 0):
    raise BadInput(file, where, f"{text!r} is no time in seconds", "Correct it.")
  return value


def check_times(start: float | None, end: float | None, file: str | Path, where: str) -> None:
  """Raises BadInput where a part of a video is reversed or empty."""
  if end is not None and end <= (start or 0.0):
    raise BadInput(file, where, f"{start or 0:g} to {end:g} s is reversed or empty", "Correct it.")


def read_lines(file: str | Path, what: str = "list") -> list[str]:
  """The lines of a text file that are not empty, stripped; `what` the file is called in a message."""
  try:
    text = Path(file).read_text(encoding="utf-8")
  except (OSError, UnicodeDecodeError) as error:
    raise BadInput(file, what, f"not readable ({error})", "Check the path.") from error
  return [line.strip() for line in text.splitlines() if line.strip()]


def file_beside(source: str | Path, name: str) -> Path:
  """SOURCE/NAME, or the one file of that name below SOURCE."""
  found = sorted(Path(source).rglob(name))
  if not found:
    raise BadInput(source, name, "no such file in it", "Give the folder of the published lists as --source.")
  return found[0]
