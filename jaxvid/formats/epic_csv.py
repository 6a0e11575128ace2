"""EPIC-Kitchens' annotations in CSV files.

  EPIC_100_train.csv, EPIC_100_validation.csv   video_id, start_timestamp, stop_timestamp (HH:MM:SS.ss), verb_class,
                                                noun_class, narration_id (uid in EPIC-55's files)
  EPIC_100_verb_classes.csv (and noun)          id, key
  EPIC_100_video_info.csv                       video_id, duration, in seconds
  training.csv, validation.csv                  video, start, stop in frames at 30 a second, verb, noun
  video_lengths.csv                             video, frames

The last two are RULSTM's and have a header here; jaxvid.formats.rulstm_csv also reads them without one.
"""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

from jaxvid.formats import csv_table
from jaxvid.formats.errors import FormatError

NUM_NOUNS = 300  # Without an actions.csv, an action of EPIC-Kitchens-100 has the id verb * 300 + noun.
FRAMES_A_SECOND = 30  # In training.csv, validation.csv and video_lengths.csv, whatever the frame rate of the video.
OFFICIAL = ("video_id", "start_timestamp", "stop_timestamp", "verb_class", "noun_class")
_IN_FRAMES = ("video", "start", "stop", "verb", "noun")


@dataclasses.dataclass(frozen=True)
class Segment:
  """An annotated segment: a row of a file.

  Attributes:
    line: line number in the file; 1 is the header.
    video: name of the recording.
    start, end: seconds.
    verb, noun: class ids.
    row: column -> text, all columns of the row.
  """

  line: int
  video: str
  start: float
  end: float
  verb: int
  noun: int
  row: csv_table.Row


def segments(file: str | os.PathLike) -> list[Segment]:
  """Segments of a file; its columns tell whether its times are timestamps or frames.

  Raises:
    FormatError: a column is missing, or a value is not a number or time; the message has line and column.
  """
  rows = csv_table.rows(file)
  columns = _IN_FRAMES if rows and "start_timestamp" not in rows[0][1] and "start" in rows[0][1] else OFFICIAL
  missing = [column for column in columns if not rows or column not in rows[0][1]]
  if missing:
    remedy = "Give an annotation file of EPIC-Kitchens, such as EPIC_100_validation.csv."
    raise FormatError(file, "line 1", f"no column {', '.join(missing)}", remedy)
  seconds = csv_table.seconds if columns is OFFICIAL else _from_frames
  return [_segment(file, line, row, columns, seconds) for line, row in rows]


def segment_id(file: str | os.PathLike, segment: Segment, column: str) -> str:
  """The published name of a segment of `file`, in the column "narration_id" or, for EPIC-55, "uid".

  Raises:
    FormatError: there is none.
  """
  return csv_table.field(file, segment.line, segment.row, column)


def class_names(file: str | os.PathLike, column: str = "key") -> dict[int, str]:
  """Class id -> name, from a file of classes with the names in `column`.

  Raises:
    FormatError: a row has no id or no name.
  """
  return {
    csv_table.number(file, line, row, "id", int): csv_table.field(file, line, row, column)
    for line, row in csv_table.rows(file)
  }


def durations(file: str | os.PathLike) -> dict[str, float]:
  """Recording name -> duration in seconds, from EPIC_100_video_info.csv or video_lengths.csv.

  Raises:
    FormatError: a row has no name or no length.
  """
  rows = csv_table.rows(file)
  if Path(file).name == "video_lengths.csv":
    return {
      csv_table.field(file, line, row, "video"): csv_table.number(file, line, row, "frames") / FRAMES_A_SECOND
      for line, row in rows
    }
  return {
    csv_table.field(file, line, row, "video_id"): csv_table.number(file, line, row, "duration") for line, row in rows
  }


def _segment(
  file: str | os.PathLike, line: int, row: csv_table.Row, columns: tuple[str, ...], seconds: Callable[..., float]
) -> Segment:
  """The Segment of a row; `seconds` converts the value in a column of times."""
  video, start, stop, verb, noun = columns
  return Segment(
    line=line,
    video=csv_table.field(file, line, row, video),
    start=seconds(file, line, row, start),
    end=seconds(file, line, row, stop),
    verb=csv_table.number(file, line, row, verb, int),
    noun=csv_table.number(file, line, row, noun, int),
    row=row,
  )


def _from_frames(file: str | os.PathLike, line: int, row: csv_table.Row, column: str) -> float:
  """Seconds of a frame number."""
  return csv_table.number(file, line, row, column) / FRAMES_A_SECOND
