"""Datasets of clips in the layouts in which they are published."""

import argparse
import json

import pytest

import golden
import small_videos
from clip_datasets import clips, manifest, place, run
from jaxvid.data_prep.readers import finegym as finegym_reader
from jaxvid.formats import finegym
from jaxvid.video.decode import Video


def test_haa500(clip_videos, tmp_path, capsys):
  source = tmp_path / "raw"
  for name in ("jump", "pole_vault"):
    place(clip_videos / "odd.webm", *(source / name / f"{name}_{index:03d}" for index in range(20)))
  (source / "jump" / "jump_007.webm").unlink()
  with pytest.raises(SystemExit, match="jump_007: its video is missing"):
    run("haa500", source, tmp_path / "data", "--encode=copy")
  run("haa500", source, tmp_path / "data", "--encode=copy", "--skip_bad")
  splits = {split: clips(tmp_path / "data", "haa500", split) for split in ("train", "val", "test")}
  assert {split: len(found) for split, found in splits.items()} == {"train": 31, "val": 2, "test": 6}
  assert [clip["id"] for clip in splits["test"]][:3] == ["jump_017", "jump_018", "jump_019"]
  assert "note: 2 of the 500 classes are there" in capsys.readouterr().out


def test_kinetics_csv(clip_videos, tmp_path):
  source = tmp_path / "raw"
  place(clip_videos / "odd.webm", source / "videos" / "jumping" / "abc_000003_000013")
  place(clip_videos / "long.mp4", source / "videos" / "whole-one")
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


def test_finegym(clip_videos, tmp_path):
  source, data = tmp_path / "raw", tmp_path / "data"
  gym_lists(source)
  place(clip_videos / "odd.webm", source / "videos" / "cutcutcutcu_E_000100_000160_A_0003_0004")
  place(clip_videos / "long.mp4", source / "videos" / "wholewhole1")
  with pytest.raises(SystemExit, match="finegym/default: configuration: unknown. Use one of: gym99, gym288"):
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
    names = finegym.categories(folder / f"{config}_categories.txt", num_classes)
    assert len(set(names)) == num_classes
    lists = (f"{config}_train_element_v1.0.txt", f"{config}_train_element_v1.1.txt", f"{config}_val_element.txt")
    assert [len(finegym.elements(folder / file, num_classes)) for file in lists] == expected


def test_the_published_lists_become_a_plan(tmp_path):
  """Without videos but one, every element is known, and in its split."""
  folder = golden.shared("data/finegym")
  (tmp_path / "0LtLS9wROrk.mp4").touch()
  flags = argparse.Namespace(lists="v1.0", videos=tmp_path, annotations=None)
  plan = finegym_reader.read(folder, "gym288", flags)
  assert len(plan.items) == 22_671 + 9_646 and not plan.bad and not plan.aliases
  found = [item for item in plan.items if item.file]
  assert found[0].id == "0LtLS9wROrk_E_002407_002435_A_0003_0005" and {item.split for item in found} == {"val"}
  assert (found[0].start, found[0].end, found[0].label) == (2410.0, 2413.0, 240)
