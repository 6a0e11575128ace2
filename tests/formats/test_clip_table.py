"""Tables of clips: anyone's own, and Kinetics'."""

import pytest

from jaxvid.formats import clip_table, kinetics_csv
from jaxvid.formats.errors import FormatError


def write(folder, text):
  (folder / "train.csv").write_text(text)
  return folder / "train.csv"


class TestOwn:
  def test_rows(self, tmp_path):
    rows, bad = clip_table.read(write(tmp_path, "label,file,end\njump,a.mp4,\nrun,b.mp4,2.5\n"))
    assert not bad
    assert rows == [
      clip_table.Row("train.csv: line 2", "a.mp4", "jump", None, None, "", "", ""),
      clip_table.Row("train.csv: line 3", "b.mp4", "run", None, 2.5, "", "", ""),
    ]

  @pytest.mark.parametrize(
    "row, message",
    [
      (",jump,,", "no file or no label"),
      ("a.mp4,jump,x,", "'x' is no time in seconds"),
      ("a.mp4,jump,-1,", "'-1' is no time in seconds"),
      ("a.mp4,jump,3,2", "3 to 2 s is reversed or empty"),
    ],
  )
  def test_a_bad_row_is_put_aside(self, row, message, tmp_path):
    rows, bad = clip_table.read(write(tmp_path, f"file,label,start,end\n{row}\nb.mp4,run,,\n"))
    assert [found.file for found in rows] == ["b.mp4"]
    assert len(bad) == 1 and f"train.csv: line 2: {message}" in str(bad[0])

  @pytest.mark.parametrize(
    "text, message",
    [
      ("file,label\n", "table: no rows"),
      ("file\na.mp4\n", "no column label"),
      ("file,label,split\na.mp4,jump,a b\n", "line 2: split 'a b' is no name"),
    ],
  )
  def test_a_bad_table(self, text, message, tmp_path):
    with pytest.raises(FormatError, match=message):
      clip_table.read(write(tmp_path, text))


class TestKinetics:
  HEADER = "label,youtube_id,time_start,time_end"

  def test_rows(self, tmp_path):
    rows, bad = kinetics_csv.read(write(tmp_path, f"{self.HEADER}\njump,---v8pgm1eQ,12,22.5\n"))
    assert not bad
    assert rows == [kinetics_csv.Row("train.csv: line 2", "jump", "---v8pgm1eQ", 12.0, 22.5, "train")]
    assert rows[0].clip == "---v8pgm1eQ_000012_000022"

  def test_the_split_of_a_row(self, tmp_path):
    rows, bad = kinetics_csv.read(write(tmp_path, f"{self.HEADER},split\njump,a,1,2,val\njump,b,1,2,a b\n"))
    assert [row.split for row in rows] == ["val"] and "split 'a b' is no name" in str(bad[0])

  def test_a_row_without_times(self, tmp_path):
    rows, bad = kinetics_csv.read(write(tmp_path, f"{self.HEADER}\njump,a,1,\n"))
    assert not rows and "no label, name or times in it" in str(bad[0])
