"""Annotated segments in RULSTM's CSV files, for EPIC-Kitchens and EGTEA Gaze+.

A line of training.csv or validation.csv is id, video, start, stop, verb, noun, action, with start and stop in frames
at 30 a second (Furnari and Farinella, "Rolling-Unrolling LSTMs for Action Anticipation from First-Person Video", PAMI
2020). Files that only name the segments to score have an id on each line.
"""

import dataclasses
import os

from jaxvid.formats import csv_table

FRAMES_A_SECOND = 30  # Whatever the frame rate of the video.
COLUMNS = ("id", "video", "start", "stop", "verb", "noun", "action")  # The header line is optional.


@dataclasses.dataclass(frozen=True)
class Segment:
  """An annotated segment: a line of a file.

  Attributes:
    line: line number in the file.
    id: of the segment, as text.
    video: name of the recording.
    start, end: seconds.
    verb, noun, action: class ids.
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
  """Segments of a file.

  Args:
    file: path of the file.
    num_actions: action classes are 0 to num_actions - 1.

  Raises:
    FormatError: a line is cut short, or a value is not a number or class; the message has line and column.
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
  """(line number, id) of each line of a file with an id on each line."""
  return [(line, row["name"]) for line, row in csv_table.plain_rows(file, ("name",))]
