import argparse
import json

import numpy as np
import pytest

import golden
from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build, stats
from jaxvid.data_prep.datasets import activitynet13

SURFING, SKIING = "Surfing", "Skiing"


def database(rate):
  """Two training videos, one for validation, one for testing; features of `rate` steps a second."""

  def entry(subset, duration, *annotations):
    return {
      "subset": subset,
      "duration": duration,
      "steps": int(duration * rate),
      "annotations": [{"label": label, "segment": list(segment)} for label, *segment in annotations],
    }

  return {
    "one": entry("training", 60.0, (SURFING, 5.0, 50.0), (SKIING, 5.0, 50.0), (SURFING, 5.0009, 49.9995)),
    "two": entry("training", 90.0, (SKIING, 0, 0), (SKIING, 10.0, 20.0), (SKIING, 10.002, 20.0)),
    "three": entry("validation", 120.0, (SURFING, 0.01, 119.9)),
    "four": entry("testing", 30.0),
  }


def run(source, data_dir, *flags, name="activitynet13/tsp"):
  command.run(build.main, [name, f"--source={source}", f"--data_dir={data_dir}", *flags])


def test_as_the_reference_takes_it(make_source, tmp_path, capsys):
  run(make_source(database(15 / 16), prefix="v_"), tmp_path / "data")
  train = store.open_dataset(tmp_path / "data", "activitynet13/tsp", "train")
  assert train.class_names == [SKIING, SURFING]
  np.testing.assert_array_equal(train[0]["segments"], [[5.0, 50.0], [5.0, 50.0]])
  np.testing.assert_array_equal(train[0]["labels"], [1, 0])  # Of one place, but of two classes.
  np.testing.assert_array_equal(train[1]["segments"], [[10.0, 20.0], [10.002, 20.0]])  # 2 ms apart.
  assert len(store.open_dataset(tmp_path / "data", "activitynet13/tsp", "test")) == 1
  contract = train.contract
  assert (contract.extractor, contract.fps, contract.feat_stride, contract.num_frames) == ("tsp", 15, 16, 16)
  out = capsys.readouterr().out
  assert "left out as repeated: 1 " in out and "left out as too short: 1 " in out
  assert "testing" not in out


def test_i3d_features_have_their_own_timing(make_source, tmp_path):
  source = make_source(database(25 / 16))  # No prefix.
  run(source, tmp_path / "data", name="activitynet13/i3d")
  record = store.open_dataset(tmp_path / "data", "activitynet13/i3d", "train")[0]
  assert (record["fps"], record["feat_stride"], record["num_frames"]) == (25, 16, 16)
  with pytest.raises(SystemExit, match="number of steps: 93, but 60 s at 15 fps|1.67 times the steps"):
    run(source, tmp_path / "data", "--extractor=tsp")
  with pytest.raises(SystemExit, match="fps: not there. Give --fps"):
    run(source, tmp_path / "data", "--extractor=mine")


def test_single_class_and_testing_videos(make_source, tmp_path):
  run(make_source(database(15 / 16)), tmp_path / "data", "--single_class", "--testing")
  train = store.open_dataset(tmp_path / "data", "activitynet13/tsp", "training")
  assert train.class_names == ["action"]
  np.testing.assert_array_equal(train[0]["labels"], [0, 0])  # Labels are compared before they become one.
  assert len(store.open_dataset(tmp_path / "data", "activitynet13/tsp", "testing")) == 1


def test_features_of_one_length(make_source, tmp_path):
  videos = database(1)
  for entry in videos.values():
    entry["steps"] = 100
  run(make_source(videos), tmp_path / "data", "--fixed_length", name="activitynet13/resized")
  record = store.open_dataset(tmp_path / "data", "activitynet13/resized", "train")[0]
  assert record["feat_stride"] == record["num_frames"] == 60 * 15 / 100


def test_unknown_subset(make_source, tmp_path):
  videos = database(15 / 16)
  videos["one"]["subset"] = "train"
  with pytest.raises(SystemExit, match="database.one.subset: 'train' is unknown. Use one of: training, validation"):
    run(make_source(videos), tmp_path / "data")


def _published(**flags):
  file = golden.shared("data/activitynet13/activity_net_1_3_available.json")
  values = {"annotations": file, "single_class": False, "testing": False} | flags
  return file, activitynet13.DATASET.reader(file, "tsp", argparse.Namespace(**values))


def test_published_counts():
  file, found = _published(testing=True)
  assert {split: len(named) for split, named in found.recordings.items()} == {
    "training": 9_649,
    "validation": 4_728,
    "testing": 4_851,
  }
  assert len(found.class_names) == 200
  kept = {split: [read() for read in named.values()] for split, named in found.recordings.items()}
  counts = {split: sum(len(video.actions) for video in videos) for split, videos in kept.items()}
  removed = {split: sum(v.num_repeated + v.num_too_short for v in videos) for split, videos in kept.items()}
  published = {split: counts[split] + removed[split] for split in counts}
  assert (published["training"], published["validation"], published["testing"]) == (14_859, 7_293, 0)

  # The reference's rule, written anew: an annotation of one class and one place counts once, one under 1 ms never.
  for split, total in counts.items():
    expected = 0
    for entry in json.loads(file.read_bytes())["database"].values():
      distinct = []
      for annotation in entry["annotations"] if entry["subset"] == split else ():
        start, end, label = *annotation["segment"], annotation["label"]
        same = [d for d in distinct if d[2] == label and abs(d[0] - start) <= 1e-3 and abs(d[1] - end) <= 1e-3]
        if end - start >= 1e-3 and not same:
          distinct.append((start, end, label))
      expected += len(distinct)
    assert total == expected


def test_stats_tells_the_published_counts(tmp_path, capsys):
  file, _ = _published()
  command.run(stats.main, ["activitynet13/tsp", f"--annotations={file}", f"--output={tmp_path / 'stats.json'}"])
  numbers = json.loads((tmp_path / "stats.json").read_text())
  train, validation = numbers["splits"]["training"], numbers["splits"]["validation"]
  assert [train["recordings"], train["labelled"], train["segments"], train["classes"]] == [9_649, 9_649, 14_859, 200]
  assert [validation["recordings"], validation["segments"]] == [4_728, 7_293]
  assert not numbers["problems"] and len(numbers["classes"]) == 200
  assert numbers["proposals"]["levels"] == 6
  text = capsys.readouterr().out
  assert "14,859" in text and "7,293" in text and "--resize_to=192" in text
