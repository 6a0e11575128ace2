"""Features of anticipation in RULSTM's databases."""

import sys

import numpy as np
import pytest

from anticipation_sources import EGTEA, write
from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build


def frame(number, dim):
  """The made-up vector of a frame: its number, in each place more."""
  return number + np.arange(dim, dtype="f4") / 8


def write_lmdb(path, videos, dim, first=1, leave_out=()):
  """RULSTM's layout; `videos` is a dict of name -> number of frames."""
  with (
    pytest.importorskip("lmdb").open(str(path), map_size=1 << 24) as database,
    database.begin(write=True) as transaction,
  ):
    for name, last in videos.items():
      for number in sorted(set(range(first, last + 1)) - set(leave_out)):
        transaction.put(f"{name}_frame_{number:010d}.jpg".encode(), frame(number, dim).tobytes())
  return path


# P20-R0 sorts right before P20-R03's frames, Q after all.
EGTEA_FRAMES = {"P07-R01-PastaSalad": 331, "P20-R0": 7, "P20-R03": 61, "Q": 3}


def run_lmdb(tmp_path, *flags):
  csv = write(tmp_path / "csv", EGTEA)
  command.run(
    build.main, ["egtea/split1", f"--source={csv}", f"--data_dir={tmp_path / 'data'}", "--dtype=float32", *flags]
  )
  return store.open_dataset(tmp_path / "data", "egtea/split1", "train")


def test_lmdb_a_quarter_of_a_second_apart(tmp_path):
  train = run_lmdb(tmp_path, f"--lmdb={write_lmdb(tmp_path / 'rgb', EGTEA_FRAMES, 3)}", "--extractor=tsn_rgb")
  contract = train.contract
  assert (contract.fps, contract.feat_stride, contract.num_frames, contract.dim) == (30, 7.5, 1, 3)
  assert contract.extractor == "tsn_rgb"
  numbers = [1, 8, 16, 23, 31, 38, 46, 53, 61]  # 1 + floor(7.5 i)
  np.testing.assert_array_equal(train[1]["features"], [frame(number, 3) for number in numbers])
  assert train[0]["features"][-1, 0] == 331 and len(train[0]["features"]) == 45
  assert train[1]["duration"] == 9 * 7.5 / 30
  assert train[1]["segment_ids"] == ("8",)


@pytest.mark.parametrize("every, numbers", [(1, [1, 31, 61]), (0.1, range(1, 62, 3)), (1 / 30, range(1, 62))])
def test_lmdb_at_other_strides(every, numbers, tmp_path):
  path = write_lmdb(tmp_path / "rgb", EGTEA_FRAMES, 2) / "data.mdb"  # The file does as well as its folder.
  train = run_lmdb(tmp_path, f"--lmdb={path}", f"--every={every}")
  np.testing.assert_array_equal(train[1]["features"][:, 0], list(numbers))


def test_lmdbs_are_joined_up_to_the_last_frame_of_both(tmp_path):
  rgb = write_lmdb(tmp_path / "rgb", EGTEA_FRAMES, 3)
  flow = write_lmdb(tmp_path / "flow", EGTEA_FRAMES | {"P20-R03": 60}, 2)
  train = run_lmdb(tmp_path, f"--lmdb={rgb}", f"--lmdb={flow}")
  assert train.contract.dim == 5
  assert train[1]["features"][:, 0].tolist() == train[1]["features"][:, 3].tolist() == [1, 8, 16, 23, 31, 38, 46, 53]
  np.testing.assert_array_equal(train[1]["features"][2], [*frame(16, 3), *frame(16, 2)])


def test_bad_lmdbs(tmp_path):
  good = write_lmdb(tmp_path / "good", EGTEA_FRAMES, 3)

  def message(path, *flags):
    with pytest.raises(SystemExit) as stop:
      run_lmdb(tmp_path, f"--lmdb={path}", *flags)
    return stop.value.code

  gap = write_lmdb(tmp_path / "gap", EGTEA_FRAMES, 3, leave_out=(16, 17))
  assert "gap: P07-R01-PastaSalad: frame 16 is missing (P07-R01-PastaSalad_frame_0000000016.jpg). Use a" in message(gap)
  lacking = write_lmdb(tmp_path / "lacking", {name: 331 for name in EGTEA_FRAMES if name != "P20-R03"}, 3)
  assert "lacking: P20-R03: no frame of it, such as P20-R03_frame_0000000001.jpg" in message(lacking)
  short = write_lmdb(tmp_path / "short", EGTEA_FRAMES | {"P07-R01-PastaSalad": 300}, 3)
  assert "P07-R01-PastaSalad: ends at frame 331 in" in message(good, f"--lmdb={short}")
  other = write_lmdb(tmp_path / "other", {"P01_01": 5}, 3)
  assert "no first frame of an annotated video, such as P07-R01-PastaSalad_frame_0000000001.jpg" in message(other)
  halves = write_lmdb(tmp_path / "halves", {"P07-R01-PastaSalad": 331}, 3)
  write_lmdb(halves, {"P20-R03": 61}, 4)
  assert "features: dim 4, while the other files have 3" in message(halves)
  with pytest.importorskip("lmdb").open(str(good)) as database, database.begin(write=True) as transaction:
    transaction.put(b"P20-R03_frame_0000000008.jpg", b"12345")
  assert "good: P20-R03: frame 8 holds 5 bytes, not a vector of float32" in message(good)
  assert "absent: --lmdb: no such file or folder" in message(tmp_path / "absent")
  (tmp_path / "text").write_text("Not found")
  assert "text: --lmdb: not readable as LMDB" in message(tmp_path / "text")


def test_flags_that_contradict_each_other(tmp_path, anticipation_source):
  for flag in ("--fps=25", "--fixed_length", f"--join={anticipation_source}"):
    with pytest.raises(SystemExit, match=f"{flag.split('=')[0]}: given with --lmdb. Leave it out"):
      run_lmdb(tmp_path, "--lmdb=rgb", flag)
  for every in (0.01, "nan", "inf"):
    with pytest.raises(SystemExit, match="--every: .* s is not a frame or more"):
      run_lmdb(tmp_path, "--lmdb=rgb", f"--every={every}")
  with pytest.raises(SystemExit, match="--every: given without --lmdb"):
    run_lmdb(tmp_path, "--every=0.5")


def test_absent_lmdb_package_is_named(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, "lmdb", None)
  with pytest.raises(SystemExit, match=r"LMDB needs lmdb, which is not installed. pip install 'jaxvid\[lmdb\]'"):
    run_lmdb(tmp_path, "--lmdb=rgb")
