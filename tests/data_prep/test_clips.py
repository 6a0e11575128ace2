"""Datasets of clips: what is published, encoded, written, and told of what is missing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import golden
import small_videos
from crashing_cache import CrashingCache
from jaxvid.data import store
from jaxvid.data_prep import build, stats
from jaxvid.data_prep.building import clip_encoding
from jaxvid.data_prep.building.clip_plan import ClipItem
from jaxvid.data_prep.datasets import finegym
from jaxvid.video.decode import Video
from jaxvid.video.flow import Flow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
  """Three short files, 10 frames a second: 3 s of 64 x 48, 2 s turned, and 1 s of odd size."""
  folder = tmp_path_factory.mktemp("videos")
  times = np.arange(30) / 10
  small_videos.write(folder / "long.mp4", 30, times=times, g="10", preset="veryfast")
  small_videos.write(folder / "turned.mp4", 20, times=times, turn=(90,), preset="veryfast")
  small_videos.write(folder / "odd.webm", 10, times=times, codec="libvpx-vp9", size=(33, 47))
  return folder


def run(name, source, data_dir, *flags):
  build.main([name, f"--source={source}", f"--data_dir={data_dir}", "--num_processes=1", *flags])


def clips(data_dir, name, split="train"):
  source = store.open_dataset(data_dir, name, split, kind="clips")
  return [source[index] for index in range(len(source))]


def manifest(data_dir, name):
  return json.loads((store.dataset_folder(data_dir, name) / "manifest.json").read_text())


def place(video, *paths):
  """Copies a video to each path, with the video's ending."""
  for path in paths:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(video, f"{path}{video.suffix}")


@pytest.fixture
def folders(videos, tmp_path):
  """Two classes, a folder each."""
  source = tmp_path / "raw"
  place(videos / "long.mp4", source / "jump" / "a")
  place(videos / "turned.mp4", source / "jump" / "b")
  place(videos / "odd.webm", source / "throw" / "c")
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
def test_encoded_clips_are_small_upright_and_cut_to_the_frame(encode, videos, tmp_path):
  source = tmp_path / "raw"
  place(videos / "long.mp4", source / "long")
  place(videos / "turned.mp4", source / "turned")
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


def test_a_copy_keeps_start_and_end(videos, tmp_path):
  place(videos / "long.mp4", tmp_path / "raw" / "long")
  (tmp_path / "raw" / "clips.csv").write_text("file,label,start,end\nlong.mp4,jump,0.5,1.2\n")
  run("clip_folder", tmp_path / "raw", tmp_path / "data")
  (clip,) = clips(tmp_path / "data", "clip_folder")
  assert (clip["start"], clip["end"], clip["num_frames"]) == (0.5, 1.2, 30)


def test_test_share_splits_by_group(videos, tmp_path):
  for index in range(12):
    place(videos / "odd.webm", tmp_path / "raw" / "jump" / f"{index}")
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


def test_a_time_beyond_the_end(videos, tmp_path):
  place(videos / "long.mp4", tmp_path / "raw" / "long")
  for row, problem in {
    "long.mp4,jump,1,9": "1 to 9 s lies outside the video, which lasts 2.94 s",
    "long.mp4,jump,2,1": "reversed or empty",
    "long.mp4,jump,x,1": "'x' is no time",
  }.items():
    (tmp_path / "raw" / "clips.csv").write_text(f"file,label,start,end\n{row}\n")
    with pytest.raises(SystemExit, match=problem):
      run("clip_folder", tmp_path / "raw", tmp_path / "data")


def test_flow_in_the_place_of_pictures(videos, tmp_path):
  source = tmp_path / "raw"
  place(videos / "long.mp4", source / "jump" / "a")
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


def test_haa500(videos, tmp_path, capsys):
  source = tmp_path / "raw"
  for name in ("jump", "pole_vault"):
    place(videos / "odd.webm", *(source / name / f"{name}_{index:03d}" for index in range(20)))
  (source / "jump" / "jump_007.webm").unlink()
  with pytest.raises(SystemExit, match="jump_007: its video is missing"):
    run("haa500", source, tmp_path / "data", "--encode=copy")
  run("haa500", source, tmp_path / "data", "--encode=copy", "--skip_bad")
  splits = {split: clips(tmp_path / "data", "haa500", split) for split in ("train", "val", "test")}
  assert {split: len(found) for split, found in splits.items()} == {"train": 31, "val": 2, "test": 6}
  assert [clip["id"] for clip in splits["test"]][:3] == ["jump_017", "jump_018", "jump_019"]
  assert "note: 2 of the 500 classes are there" in capsys.readouterr().out


def test_kinetics_csv(videos, tmp_path):
  source = tmp_path / "raw"
  place(videos / "odd.webm", source / "videos" / "jumping" / "abc_000003_000013")
  place(videos / "long.mp4", source / "videos" / "whole-one")
  header = "label,youtube_id,time_start,time_end,split\n"
  (source / "train.csv").write_text(
    f"{header}jumping,abc,3,13,train\nthrowing,whole-one,1,2,train\nthrowing,gone,0,10,train\n"
  )
  (source / "validate.csv").write_text(f"{header}jumping,whole-one,0,1,validate\n")
  with pytest.raises(SystemExit, match="train.csv: line 4: gone_000000_000010: its video is missing"):
    run("kinetics_csv", source, tmp_path / "data")
  run("kinetics_csv/small", source, tmp_path / "data", "--skip_bad", "--short_side=24")
  first, second = clips(tmp_path / "data", "kinetics_csv/small")
  assert (first["id"], first["num_frames"], first["label"]) == ("abc_000003_000013", 10, 0)
  assert (second["id"], second["num_frames"], second["group"]) == ("whole-one_000001_000002", 10, "whole-one")
  assert len(clips(tmp_path / "data", "kinetics_csv/small", "test")) == 1
  assert manifest(tmp_path / "data", "kinetics_csv/small")["splits"]["train"] == {
    "expected": 3,
    "found": 2,
    "written": 2,
  }


def gym_lists(folder):
  """Lists as published, of two videos: one cut by element, one whole."""
  folder.mkdir()
  (folder / "gym99_categories.txt").write_text(
    "".join(f"Clabel: {k:3}; set:  1; Glabel: {k + 1:3}; (VT) element {k}\n" for k in range(99))
  )
  (folder / "gym99_train_element_v1.1.txt").write_text(
    "cutcutcutcu_E_000100_000160_A_0003_0004 5\nwholewhole1_E_000001_000003_A_0000_0000 98\n"
  )
  (folder / "gym99_val_element.txt").write_text("gonegonegon_E_000001_000003_A_0000_0000 0\n")


def test_finegym(videos, tmp_path):
  source, data = tmp_path / "raw", tmp_path / "data"
  gym_lists(source)
  place(videos / "odd.webm", source / "videos" / "cutcutcutcu_E_000100_000160_A_0003_0004")
  place(videos / "long.mp4", source / "videos" / "wholewhole1")
  with pytest.raises(SystemExit, match="Give finegym/gym99 or finegym/gym288"):
    run("finegym", source, data)
  with pytest.raises(SystemExit, match="gym99_val_element.txt: line 1: gonegonegon_.* its video is missing"):
    run("finegym/gym99", source, data)
  run("finegym/gym99", source, data, "--skip_bad")
  cut, whole = clips(data, "finegym/gym99")
  assert (cut["label"], cut["group"], cut["num_frames"]) == (5, "cutcutcutcu", 10)
  assert (whole["label"], whole["num_frames"]) == (98, 10)  # Second 1 to 2: the id has whole seconds.
  assert small_videos.numbers(Video(whole["video"]).frames([0], (48, 64))) == 10
  assert manifest(data, "finegym/gym99")["splits"]["val"] == {"expected": 1, "found": 0, "written": 0}

  times = {
    "E_000001_000003": {
      "timestamps": [[1.1, 3.2]],
      "segments": {"A_0000_0000": {"timestamps": [[0.3, 0.6], [0.6, 0.8]]}},
    }
  }
  (source / "annotations.json").write_text(json.dumps({"wholewhole1": times}))
  run("finegym/gym99", source, data, "--skip_bad", "--overwrite", f"--annotations={source / 'annotations.json'}")
  whole = clips(data, "finegym/gym99")[1]
  assert small_videos.numbers(Video(whole["video"]).frames([0, whole["num_frames"] - 1], (48, 64))).tolist() == [14, 18]


def test_lists_of_finegym_as_published():
  """Counts of every list, and names of every class."""
  folder = golden.shared("data/finegym")
  counts = {"gym99": (99, 20_484, 26_320, 8_521), "gym288": (288, 22_671, 29_334, 9_646)}
  for config, (num_classes, *expected) in counts.items():
    names = finegym.read_categories(folder / f"{config}_categories.txt", num_classes)
    assert len(set(names)) == num_classes
    lists = (f"{config}_train_element_v1.0.txt", f"{config}_train_element_v1.1.txt", f"{config}_val_element.txt")
    assert [len(finegym.read_elements(folder / file, num_classes)) for file in lists] == expected


def test_the_published_lists_become_a_plan(tmp_path):
  """Without videos but one, every element is known, and in its split."""
  folder = golden.shared("data/finegym")
  (tmp_path / "0LtLS9wROrk.mp4").touch()
  flags = types.SimpleNamespace(lists="v1.0", videos=tmp_path, annotations=None)
  plan = finegym.plan(folder, "gym288", flags)
  assert len(plan.items) == 22_671 + 9_646 and not plan.bad and plan.aliases == {"test": ["val"]}
  found = [item for item in plan.items if item.file]
  assert found[0].id == "0LtLS9wROrk_E_002407_002435_A_0003_0005" and {item.split for item in found} == {"val"}
  assert (found[0].start, found[0].end, found[0].label) == (2410.0, 2413.0, 240)


def test_stats(folders, tmp_path, capsys):
  run("clip_folder", folders, tmp_path / "data")
  capsys.readouterr()
  stats.main(["clip_folder", f"--data_dir={tmp_path / 'data'}", f"--output={tmp_path / 'stats.json'}"])
  text = capsys.readouterr().out
  assert "2 classes, 0 of them without a clip:" in text and "  jump 2" in text
  numbers = json.loads((tmp_path / "stats.json").read_text())
  train = numbers["splits"]["train"]
  assert (train["clips"], train["groups"], train["classes"]) == (3, 3, 2)
  assert train["seconds"]["max"] == pytest.approx(3, abs=0.1) and 9 < train["frames"]["min"] < 11
  with pytest.raises(SystemExit, match="no dataset 'haa500' in it"):
    stats.main(["haa500", f"--data_dir={tmp_path / 'data'}"])
