"""EPIC-Kitchens' annotations in CSV files."""

import pytest

from jaxvid.formats import epic_csv
from jaxvid.formats.errors import FormatError

OFFICIAL = """narration_id,participant_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class,all_nouns
P01_01_0,P01,P01_01,00:00:01.50,00:01:02.00,3,12,"['tap', 'cup']"
P01_02_0,P01,P01_02,01:00:00.00,01:00:01.25,0,2,"[]"
"""
IN_FRAMES = "id,video,start,stop,verb,noun,action\n7,P01_01,45,1860,3,12,5\n"


def write(tmp_path, text, name="file.csv"):
  (tmp_path / name).write_text(text)
  return tmp_path / name


def test_segments_in_seconds(tmp_path):
  first, second = epic_csv.segments(write(tmp_path, OFFICIAL))
  assert (first.line, first.video, first.start, first.end, first.verb, first.noun) == (2, "P01_01", 1.5, 62, 3, 12)
  assert (second.line, second.start, second.end) == (3, 3600, 3601.25) and first.row["narration_id"] == "P01_01_0"


def test_segments_in_frames(tmp_path):
  [found] = epic_csv.segments(write(tmp_path, IN_FRAMES))
  assert (found.video, found.start, found.end, found.verb, found.noun) == ("P01_01", 1.5, 62, 3, 12)


def test_classes_and_durations(tmp_path):
  assert epic_csv.class_names(write(tmp_path, 'id,key,instances\n1,put,"[]"\n0,take,"[]"\n')) == {1: "put", 0: "take"}
  assert epic_csv.class_names(write(tmp_path, "id,verb,noun,action\n0,1,2,put cup\n"), "action") == {0: "put cup"}
  assert epic_csv.durations(write(tmp_path, "video_id,duration,fps\nP01_01,80.5,50\n")) == {"P01_01": 80.5}
  lengths = write(tmp_path, "video,frames\nP01_01,2415\n", "video_lengths.csv")
  assert epic_csv.durations(lengths) == {"P01_01": 80.5}


@pytest.mark.parametrize(
  "text, message",
  [
    ("", "line 1: no column video_id, start_timestamp, .*Give an annotation file of EPIC-Kitchens"),
    ("a,b\n1,2\n", "line 1: no column video_id"),
    (OFFICIAL.replace("00:00:01.50", "1.5"), "line 2, start_timestamp: '1.5' is not a time HH:MM:SS.ss"),
    (OFFICIAL.replace("01:00:01.25,0,2", "01:00:01.25,x,2"), "line 3, verb_class: 'x' is not a number"),
    (OFFICIAL.replace(',0,2,"[]"', ""), "line 3: no value in column verb_class. It may be cut short"),
    (IN_FRAMES.replace("1860", "end"), "line 2, stop: 'end' is not a number"),
  ],
)
def test_other_files_are_refused(tmp_path, text, message):
  with pytest.raises(FormatError, match=f"file.csv: {message}"):
    epic_csv.segments(write(tmp_path, text))
