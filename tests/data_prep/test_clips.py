"""Datasets of clips: encoded, written, and told of what is missing."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import small_videos
from clip_datasets import clips, manifest, place, run
from crashing_cache import CrashingCache
from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import stats
from jaxvid.data_prep.building import clip_encoding
from jaxvid.data_prep.building.clip_plan import ClipItem
from jaxvid.video.decode import Video
from jaxvid.video.flow import Flow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folders(clip_videos, tmp_path):
  """Two classes, a folder each."""
  source = tmp_path / "raw"
  place(clip_videos / "long.mp4", source / "jump" / "a")
  place(clip_videos / "turned.mp4", source / "jump" / "b")
  place(clip_videos / "odd.webm", source / "throw" / "c")
  return source


def test_a_folder_a_class(folders, tmp_path, capsys):
  run("clip_folder", folders, tmp_path / "data")
  found = clips(tmp_path / "data", "clip_folder")
  assert [(clip["id"], clip["label"]) for clip in found] == [("jump/a", 0), ("jump/b", 0), ("throw/c", 1)]
  for clip, path in zip(found, ("jump/a.mp4", "jump/b.mp4", "throw/c.webm"), strict=True):
    assert clip["video"] == (folders / path).read_bytes()  # Copied.
  assert found[0]["start"] == 0 and found[0]["end"] == found[0]["duration"] == pytest.approx(3, abs=0.1)
  assert found[0]["num_frames"] == 30 and found[0]["fps"] == pytest.approx(10)
  split = store.open_dataset(tmp_path / "data", "clip_folder", "train", kind="clips")
  assert split.stored_labels().tolist() == [0, 0, 1]
  lines = capsys.readouterr().out.splitlines()
  assert [line.split() for line in lines[:3]] == [
    ["split", "expected", "found", "written"],
    ["train", "3", "3", "3"],
    ["total", "3", "3", "3"],
  ]
  assert [path.name for path in (tmp_path / "data").iterdir()] == ["clip_folder"]  # No cache is left.


def test_folders_of_splits(folders, tmp_path):
  for split in ("train", "validation"):
    shutil.copytree(folders, tmp_path / "split" / split)
  run("clip_folder", tmp_path / "split", tmp_path / "data")
  assert (
    len(clips(tmp_path / "data", "clip_folder", "train")) == len(clips(tmp_path / "data", "clip_folder", "test")) == 3
  )


@pytest.mark.parametrize("encode", ["h264", "jpeg"])
def test_encoded_clips_are_small_upright_and_cut_to_the_frame(encode, clip_videos, tmp_path):
  source = tmp_path / "raw"
  place(clip_videos / "long.mp4", source / "long")
  place(clip_videos / "turned.mp4", source / "turned")
  rows = ["long.mp4,jump,0.5,1.2,train", "long.mp4,throw,2.0,,train", "turned.mp4,jump,,0.3,test"]
  (source / "clips.csv").write_text("\n".join(["file,label,start,end,split", *rows]) + "\n")
  run("clip_folder", source, tmp_path / "data", f"--encode={encode}", "--short_side=40", "--quality=4")
  first, second = clips(tmp_path / "data", "clip_folder")
  (third,) = clips(tmp_path / "data", "clip_folder", "test")
  assert [first["id"], second["id"], third["id"]] == ["long_0.500_1.200", "long_2.000_end", "turned_0.000_0.300"]
  assert [first["label"], second["label"], third["label"]] == [0, 1, 0] and first["group"] == "long"
  for clip, expected, shape in (
    (first, range(5, 12), (40, 53)),
    (second, range(20, 30), (40, 53)),
    (third, range(3), (53, 40)),
  ):
    video = Video(clip["video"])
    if encode == "h264":
      shape = tuple(round(side / 2) * 2 for side in shape)
    assert (video.height, video.width) == shape and clip["num_frames"] == video.num_frames == len(expected)
    assert clip["start"] == 0 and clip["end"] == clip["duration"] == video.duration
    np.testing.assert_allclose(video.timestamps, np.arange(len(expected)) / 10, atol=1e-3)
    frames = video.frames(range(len(expected)), (48, 64) if clip is not third else (64, 48))
    shown = frames if clip is not third else np.rot90(frames, -1, axes=(1, 2))
    np.testing.assert_array_equal(small_videos.numbers(shown), expected)


def test_nothing_is_made_larger(folders, tmp_path):
  run("clip_folder", folders, tmp_path / "data", "--encode=h264", "--short_side=200")
  shapes = [
    (Video(clip["video"]).height, Video(clip["video"]).width) for clip in clips(tmp_path / "data", "clip_folder")
  ]
  assert shapes == [(48, 64), (64, 48), (32, 48)]  # Of 33 x 47: H.264 has even sizes only.


def test_a_copy_keeps_start_and_end(clip_videos, tmp_path):
  place(clip_videos / "long.mp4", tmp_path / "raw" / "long")
  (tmp_path / "raw" / "clips.csv").write_text("file,label,start,end\nlong.mp4,jump,0.5,1.2\n")
  run("clip_folder", tmp_path / "raw", tmp_path / "data")
  (clip,) = clips(tmp_path / "data", "clip_folder")
  assert (clip["start"], clip["end"], clip["num_frames"]) == (0.5, 1.2, 30)


def test_test_share_splits_by_group(clip_videos, tmp_path):
  for index in range(12):
    place(clip_videos / "odd.webm", tmp_path / "raw" / "jump" / f"{index}")
  run("clip_folder", tmp_path / "raw", tmp_path / "data", "--test_share=0.4")
  train, test = ({clip["id"] for clip in clips(tmp_path / "data", "clip_folder", split)} for split in ("train", "test"))
  assert len(train) + len(test) == 12 and not train & test and 2 <= len(test) <= 8


def test_a_bad_video_ends_the_build_or_is_counted(folders, tmp_path, capsys):
  (folders / "throw" / "broken.mp4").write_bytes((folders / "jump" / "a.mp4").read_bytes()[:3000])
  data = tmp_path / "data"
  rows = ["file,label", "jump/a.mp4,jump", "throw/c.webm,throw"]
  bad = {
    "throw/broken.mp4,throw": "broken.mp4: .*no video file that FFmpeg",
    "throw/absent.mp4,throw": "absent: its video is missing",
    ",throw": "line 4: no file or no label",
  }
  for row, problem in bad.items():
    (folders / "clips.csv").write_text("\n".join([*rows, row]))
    with pytest.raises(SystemExit, match=f"{problem}.*leave it out with --skip_bad"):
      run("clip_folder", folders, data)
  (folders / "clips.csv").write_text("\n".join([*rows, *bad]))
  run("clip_folder", folders, data, "--skip_bad")
  assert [clip["id"] for clip in clips(data, "clip_folder")] == ["jump/a", "throw/c"]
  found = manifest(data, "clip_folder")
  assert found["splits"] == {"train": {"expected": 4, "found": 3, "written": 2}} and found["unreadable_entries"] == 1
  assert len(found["skipped"]) == 3 and found["encoding"] == {"encode": "copy"}
  assert "note: 50.0% of the clips are there" in capsys.readouterr().out


def test_a_time_beyond_the_end(clip_videos, tmp_path):
  place(clip_videos / "long.mp4", tmp_path / "raw" / "long")
  for row, problem in {
    "long.mp4,jump,1,9": "1 to 9 s lies outside the video, which lasts 2.94 s",
    "long.mp4,jump,2,1": "reversed or empty",
    "long.mp4,jump,x,1": "'x' is no time",
  }.items():
    (tmp_path / "raw" / "clips.csv").write_text(f"file,label,start,end\n{row}\n")
    with pytest.raises(SystemExit, match=problem):
      run("clip_folder", tmp_path / "raw", tmp_path / "data")


def test_flow_in_the_place_of_pictures(clip_videos, tmp_path):
  source = tmp_path / "raw"
  place(clip_videos / "long.mp4", source / "jump" / "a")
  for data, *flags in (("flow", "--flow=dis", "--short_side=40"), ("pictures", "--short_side=0")):
    run("clip_folder", source, tmp_path / data, "--encode=jpeg", "--quality=2", *flags)
  (stored,), (pictures,) = clips(tmp_path / "flow", "clip_folder"), clips(tmp_path / "pictures", "clip_folder")
  assert manifest(tmp_path / "flow", "clip_folder")["encoding"]["flow"] == "dis"
  assert "flow" not in manifest(tmp_path / "pictures", "clip_folder")["encoding"]
  found = Video(stored["video"])
  np.testing.assert_allclose(found.timestamps, Video(pictures["video"]).timestamps)
  expected = Flow(Video((source / "jump" / "a.mp4").read_bytes()), "dis").frames(range(30), 40)
  assert expected.shape == (30, 40, 53, 3)
  assert np.abs(found.frames(range(30)).astype(int) - expected).mean() < 2 < np.std(expected[..., :2])


@pytest.mark.parametrize(
  "flags, problem",
  [
    (["--flow=dis"], "--flow: flags: h264 has colours.*got --encode=h264. Add --encode=jpeg"),
    (["--quality=60"], "quality: 60; give 0 to 51"),
    (["--short_side=-1"], "--short_side"),
    (["--test_share=1"], "--test_share"),
  ],
)
def test_flags_that_are_none(flags, problem, folders, tmp_path):
  with pytest.raises(SystemExit, match=problem):
    run("clip_folder", folders, tmp_path / "data", "--encode=h264", *flags)


KILLED = """
import os, signal, sys
from jaxvid.data_prep import build
from jaxvid.data_prep.building import clip_encoding

write = clip_encoding.Cache.write
def write_or_die(self, item, open_video):
  if item.id == "throw/c":
    os.kill(os.getpid(), signal.SIGKILL)
  write(self, item, open_video)
clip_encoding.Cache.write = write_or_die
flags = ["--source=" + sys.argv[1], "--data_dir=" + sys.argv[2], "--num_processes=1", "--encode=jpeg"]
build.main(["clip_folder", *flags])
"""


def test_a_killed_build_goes_on_where_it_was(folders, tmp_path, monkeypatch):
  data = tmp_path / "data"
  done = subprocess.run(
    [sys.executable, "-c", KILLED, str(folders), str(data)], cwd=ROOT, capture_output=True, check=False
  )
  assert done.returncode == -signal.SIGKILL
  with pytest.raises(FileNotFoundError):
    store.open_dataset(data, "clip_folder", "train", kind="clips")
  os.utime(folders / "jump" / "b.mp4")  # Changed meanwhile: it is encoded again.
  encoded = []
  write = clip_encoding.Cache.write

  def counted(self, item, open_video):
    encoded.append(item.id)
    write(self, item, open_video)

  monkeypatch.setattr(clip_encoding.Cache, "write", counted)
  run("clip_folder", folders, data, "--encode=jpeg")
  assert encoded == ["jump/b", "throw/c"] and len(clips(data, "clip_folder")) == 3


@pytest.mark.slow
def test_processes_make_the_same_dataset(folders, tmp_path):
  for count in (1, 2):
    run("clip_folder", folders, tmp_path / f"data_{count}", "--encode=h264", f"--num_processes={count}")
  assert clips(tmp_path / "data_1", "clip_folder") == clips(tmp_path / "data_2", "clip_folder")


@pytest.mark.slow
def test_a_decoder_that_crashes_is_blamed_on_its_file(tmp_path):
  items = [ClipItem(name, "train", tmp_path / name, 0, name, name) for name in ("a", "crash", "b", "c")]
  outcomes = {item.id: error for item, error in clip_encoding.encode_all(items, CrashingCache(), 2)}
  assert "crash: video: its decoder crashed" in str(outcomes.pop("crash"))
  assert outcomes == {"a": None, "b": None, "c": None}


def test_stats(folders, tmp_path, capsys):
  run("clip_folder", folders, tmp_path / "data")
  capsys.readouterr()
  command.run(stats.main, ["clip_folder", f"--data_dir={tmp_path / 'data'}", f"--output={tmp_path / 'stats.json'}"])
  text = capsys.readouterr().out
  assert "2 classes, 0 of them without a clip:" in text and "  jump 2" in text
  numbers = json.loads((tmp_path / "stats.json").read_text())
  train = numbers["splits"]["train"]
  assert (train["clips"], train["groups"], train["classes"]) == (3, 3, 2)
  assert train["seconds"]["max"] == pytest.approx(3, abs=0.1) and 9 < train["frames"]["min"] < 11
  with pytest.raises(SystemExit, match="no dataset 'haa500' in it"):
    command.run(stats.main, ["haa500", f"--data_dir={tmp_path / 'data'}"])
