"""The stats command: numbers of a built dataset and of annotations alone agree, and what is wrong is loud."""

import ast
import json

import numpy as np
import pytest

import golden
from jaxvid import command, configuration, shipped
from jaxvid.data_prep import build, stats

RATE = 7.5  # Steps a second: 30 frames a second, a step every 4.


def database():
  def entry(subset, duration, *segments):
    annotations = [{"label": "run" if end - start > 5 else "jump", "segment": [start, end]} for start, end in segments]
    steps = int((duration * 30 - 16) // 4) + 1
    return {"subset": subset, "duration": duration, "steps": steps, "annotations": annotations}

  return {
    "a": entry("train", 20.0, (1.0, 4.0), (3.0, 6.0), (10.0, 10.5)),
    "b": entry("train", 40.0, (0.0, 30.0)),
    "c": entry("val", 30.0, (20.0, 30.3)),
    "d": entry("val", 10.0),
  }


@pytest.fixture
def source(make_source):
  return make_source(database(), fps=30, feat_stride=4, num_frames=16)


def numbers(tmp_path, *args):
  command.run(stats.main, [*args, f"--output={tmp_path / 'out' / 'stats.json'}"])
  return json.loads((tmp_path / "out" / "stats.json").read_text())


def before(source, *flags):
  return [f"--annotations={source / 'annotations.json'}", f"--features={source}", *flags]


def test_numbers(source, tmp_path):
  found = numbers(tmp_path, "generic", *before(source))
  train = found["splits"]["train"]
  assert [train[key] for key in ("recordings", "labelled", "segments", "segments_kept", "classes")] == [2, 2, 4, 4, 2]
  assert train["hours"] == pytest.approx(60 / 3600)
  assert train["coverage"] == pytest.approx((5.5 + 30) / 60)  # Overlaps count once.
  assert train["segment_seconds"]["max"] == 30 and train["segment_seconds"]["median"] == 3
  assert train["segment_steps"]["max"] == pytest.approx(30 * RATE)
  assert train["segment_share_of_recording"]["max"] == 0.75
  assert train["actions_per_recording"]["mean"] == 2 and train["steps_per_second"] == RATE
  assert [train["steps"]["min"], train["steps"]["max"]] == [147, 297]
  val = found["splits"]["val"]
  assert val["labelled"] == 1 and val["coverage"] == pytest.approx(10 / 40)  # Not beyond the recording's end.
  assert found["classes"] == {"jump": {"train": 3, "val": 0}, "run": {"train": 1, "val": 1}}
  assert sum(row["segments"] for row in found["segment_histogram"]) == 5
  assert found["features"]["steps_to_expected"]["median"] == 1 and found["features"]["problem"] is None
  assert found["problems"] == []


def test_a_built_dataset_gives_the_same(source, tmp_path):
  command.run(build.main, ["generic", f"--source={source}", f"--data_dir={tmp_path / 'data'}"])
  built = numbers(tmp_path, "generic", f"--data_dir={tmp_path / 'data'}")
  assert built == numbers(tmp_path, *before(source))  # Without a name: generic.


def test_annotations_alone(source, tmp_path, capsys):
  alone = numbers(tmp_path, f"--annotations={source / 'annotations.json'}")
  with_features = numbers(tmp_path, *before(source))
  assert alone["features"] is None and alone["proposals"] == with_features["proposals"]
  assert alone["splits"] == with_features["splits"]
  assert "Features: not looked at." in capsys.readouterr().out


def test_without_timing_there_are_no_proposals(make_source, tmp_path, capsys):
  source = make_source(database())
  found = numbers(tmp_path, f"--annotations={source / 'annotations.json'}")
  assert found["proposals"] is None and found["splits"]["train"]["steps"] is None
  assert "No proposals: fps, feat_stride and num_frames are not known. Give them as flags." in capsys.readouterr().out
  flags = ["--fps=30", "--feat_stride=4", "--num_frames=16"]
  assert numbers(tmp_path, f"--annotations={source / 'annotations.json'}", *flags)["proposals"]


@pytest.mark.parametrize("flag", ["--fps=25", "--fps=60", "--feat_stride=16"])
def test_wrong_timing_is_loud(flag, source, tmp_path, capsys):
  found = numbers(tmp_path, *before(source, flag))
  assert found["features"]["problem"] and found["proposals"] is None
  out = capsys.readouterr().out
  assert "!!!!" in out and "WRONG TIMES" in out and "about 7." in out and "No proposals: they would rest" in out


def test_bad_annotations_and_files_are_listed(make_source, tmp_path, capsys):
  videos = database()
  videos["a"]["annotations"][0]["segment"] = [4.0, 1.0]
  source = make_source(videos, fps=30, feat_stride=4, num_frames=16)
  (source / "c.npy").unlink()
  found = numbers(tmp_path, *before(source))
  assert len(found["problems"]) == 2 and found["splits"]["train"]["segments_kept"] == 3
  assert "segment 4 to 1 s is reversed" in found["problems"][0]
  assert "c.npy: features: no such file" in found["problems"][1]
  assert "2 bad recordings or annotations:" in capsys.readouterr().out


def test_resized(source, tmp_path):
  found = numbers(tmp_path, *before(source, "--resize_to=64"))
  train, proposals = found["splits"]["train"], found["proposals"]
  assert train["steps"]["min"] == train["steps"]["max"] == 64
  assert train["segment_steps"]["max"] == pytest.approx(0.75 * 64)
  assert proposals["data"] == {"resize_to": 64, "max_len": 64, "buckets": [64]}
  assert found["features"] == numbers(tmp_path, *before(source))["features"]  # Checked as they are on disk.


def test_hints(make_source, tmp_path, capsys):
  source = make_source(database(), fps=1, feat_stride=1, num_frames=1)
  numbers(tmp_path, f"--annotations={source / 'annotations.json'}")
  out = capsys.readouterr().out
  assert "Hint: 25.0% of the actions are shorter than a step" in out
  assert "--resize_to=192" not in out  # The median action fills 15% of its recording.


def test_the_text(source, capsys):
  command.run(stats.main, before(source))
  text = capsys.readouterr().out
  assert max(map(len, text.splitlines())) <= 120
  for part in (
    "Dataset generic",
    "train                      2         2",
    "recording, s",
    "Lengths of actions, s",
    "2 classes: jump 3",
  ):
    assert part in text


def test_proposals_can_be_pasted(source, tmp_path):
  """As flags of jaxvid.main, and as lines of a configuration, they make one and the same."""
  proposals = numbers(tmp_path, *before(source))["proposals"]
  lines = "".join(f"  {line}\n" for line in proposals["config"])
  (tmp_path / "pasted.py").write_text(
    "from jaxvid.configs import thumos_actionformer\n\n\n"
    f"def get_config():\n  c = thumos_actionformer.get_config()\n{lines}  return c\n"
  )
  pasted = configuration.load(str(tmp_path / "pasted.py"))
  flags = [part.replace('"', "") for line in proposals["flags"] for part in line.split()]  # As a shell does.
  assert configuration.load(shipped.configuration("thumos_actionformer"), flags) == pasted
  assert pasted["data"]["max_len"] == proposals["data"]["max_len"] and pasted["task"]["num_classes"] == 2


def test_plot(source, tmp_path):
  command.run(stats.main, before(source, f"--plot={tmp_path / 'stats.png'}"))
  assert (tmp_path / "stats.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
  "argv, message",
  [
    (["nothing"], "unknown dataset 'nothing'; there are: activitynet13, .*generic"),
    (["generic", "--data_dir=absent"], "no dataset 'generic' in it. Build it: jaxvid build generic"),
    (["--annotations=absent.json"], "absent.json: annotations: no such file. Check --annotations"),
  ],
)
def test_refusals(argv, message):
  with pytest.raises(SystemExit, match=message):
    command.run(stats.main, argv)


def test_features_without_annotations(capsys):
  with pytest.raises(SystemExit):
    command.run(stats.main, ["generic", "--features=x"])
  assert "--features needs --annotations" in capsys.readouterr().err


def test_help(capsys):
  with pytest.raises(SystemExit) as stop:
    command.run(stats.main, ["--help"])
  assert stop.value.code == 0
  assert "jaxvid stats NAME --annotations=FILE" in capsys.readouterr().out


def test_published_thumos14(tmp_path):
  found = numbers(tmp_path, "thumos14", f"--annotations={golden.shared('data/thumos14/thumos14.json')}")
  validation, test = found["splits"]["validation"], found["splits"]["test"]
  assert [validation["recordings"], validation["segments"], test["recordings"], test["segments"]] == [
    200,
    3007,
    212,
    3358,
  ]
  assert validation["steps"]["mean"] == pytest.approx(1523, abs=1) and validation["steps"]["max"] == 8805
  assert len(found["classes"]) == 20 and not found["problems"]
  # What ActionFormer's configuration has.
  proposals = found["proposals"]
  published = configuration.load(shipped.configuration("thumos_actionformer"))
  assert ast.literal_eval(str(proposals["task"]["regression_ranges"]).replace("[", "(").replace("]", ")")) == tuple(
    published["task"]["regression_ranges"]
  )
  assert proposals["backbone"] == {"window": 19, "depths": [2, 2, 5]}
  assert abs(proposals["data"]["max_len"] - published["data"]["max_len"]) <= 32


def test_published_hapt(tmp_path):
  found = numbers(tmp_path, "hapt", f"--annotations={golden.shared('data/hapt/HAPT_raw.tar.xz')}")
  splits = found["splits"]
  assert {split: values["recordings"] for split, values in splits.items()} == {"train": 21, "test": 9}
  assert sum(values["segments"] for values in splits.values()) == 1_214
  assert sum(values["hours"] for values in splits.values()) == pytest.approx(6.24, abs=0.005)
  assert round(sum(values["steps"]["mean"] * values["recordings"] for values in splits.values())) == 44_866
  assert found["proposals"]["data"]["max_len"] == 1952
  assert np.sum([list(counts.values()) for counts in found["classes"].values()]) == 1_214
