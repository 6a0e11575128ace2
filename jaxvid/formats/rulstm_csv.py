"""Segments as RULSTM publishes them, for EPIC-Kitchens and EGTEA Gaze+.

A line of training.csv or validation.csv is id, video, start, stop, verb, noun, action, with start and stop in frames
at 30 a second (Furnari and Farinella, "Rolling-Unrolling LSTMs for Action Anticipation from First-Person Video", PAMI
2020). The files of segments to be scored alone have an id a line.
"""

import dataclasses
import os

from jaxvid.formats import csv_table

FRAMES_A_SECOND = 30  # Whatever the videos have.
COLUMNS = ("id", "video", "start", "stop", "verb", "noun", "action")  # With or without a header that says so.


@dataclasses.dataclass(frozen=True)
class Segment:
  """A line of a file.

  Attributes:
    line: its number.
    id: of the segment, as text.
    video: name of the recording.
    start, end: seconds.
    verb, noun, action: classes.
  """

  line: int
  id: str
  video: str
  start: float
  end: float
  verb: int
  noun: int
  action: int


def segments(file: str | os.PathLike, num_actions: int) -> list[Segment]:
  """The lines of a file; classes of actions are 0 to num_actions - 1.

  Raises:
    FormatError: a line is cut, or has a value that is none; names line and column.
  """
  return [
    Segment(
      line=line,
      id=row["id"],
      video=row["video"],
      start=csv_table.number(file, line, row, "start", int) / FRAMES_A_SECOND,
      end=csv_table.number(file, line, row, "stop", int) / FRAMES_A_SECOND,
      action=csv_table.index(file, line, row, "action", num_actions),
      verb=csv_table.number(file, line, row, "verb", int),
      noun=csv_table.number(file, line, row, "noun", int),
    )
    for line, row in csv_table.plain_rows(file, COLUMNS)
  ]


def ids(file: str | os.PathLike) -> list[tuple[int, str]]:
  """(line, id) of a file of one id a line."""
  return [(line, row["name"]) for line, row in csv_table.plain_rows(file, ("name",))]
