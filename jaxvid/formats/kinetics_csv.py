"""Kinetics' tables of clips: label, youtube_id, time_start, time_end, split; times are seconds of the video."""

import dataclasses
import os
from pathlib import Path

from jaxvid.formats import clip_table, csv_table
from jaxvid.formats.errors import FormatError

COLUMNS = ("label", "youtube_id", "time_start", "time_end")


@dataclasses.dataclass(frozen=True)
class Row:
  """A row of a table.

  Attributes:
    where: its place, for messages: "train.csv: line 17".
    label: name of the class.
    video: YouTube's name of the video.
    start, end: seconds of the video.
    split: of the row; where the table has none, the table's name without ending.
  """

  where: str
  label: str
  video: str
  start: float
  end: float
  split: str

  @property
  def clip(self) -> str:
    """Name of the cut clip: VIDEO_000012_000022."""
    return f"{self.video}_{int(self.start):06d}_{int(self.end):06d}"


def read(file: str | os.PathLike) -> tuple[list[Row], list[FormatError]]:
  """The rows of a table, and what is wrong with those that cannot be used.

  Raises:
    FormatError: the file cannot be read, has no rows or lacks a column.
  """
  found, bad = [], []
  for where, row in clip_table.rows(file, COLUMNS):
    try:
      found.append(_row(file, where, row))
    except FormatError as error:
      bad.append(error)
  return found, bad


def _row(file: str | os.PathLike, where: str, row: csv_table.Row) -> Row:
  start, end = clip_table.times(file, where, row, "time_start", "time_end")
  if not row["label"] or not row["youtube_id"] or start is None or end is None:
    raise FormatError(file, where, "no label, name or times in it", "Take the list with labels.")
  split = (row.get("split") or Path(file).stem).strip()
  clip_table.check_split(file, where, split)
  return Row(where, row["label"], row["youtube_id"], start, end, split)
