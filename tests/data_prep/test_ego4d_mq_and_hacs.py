"""Two datasets in ActionFormer's container: what is their own."""

import numpy as np
import pytest

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build


def run(name, source, data_dir, *flags):
  command.run(build.main, [name, f"--source={source}", f"--data_dir={data_dir}", *flags])


def clips():
  """Clips as ActionFormer's conversion leaves them: durations on the grid of 32 frames every 16, at 30 a second."""

  def entry(subset, *segments):
    annotations = [{"label": "wash_dishes", "label_id": 0, "segment": list(segment)} for segment in segments]
    return {"subset": subset, "duration": 480.53, "fps": 30.0, "steps": 899, "annotations": annotations}

  return {"aa": entry("training", (3.0, 70.5)), "bb": entry("validation", (0.0, 480.5)), "cc": entry("test")}


def test_ego4d(make_source, tmp_path):
  source = make_source(clips())
  run("ego4d_mq/slowfast", source, tmp_path / "data")
  train = store.open_dataset(tmp_path / "data", "ego4d_mq/slowfast", "train")
  assert (train.contract.extractor, train.contract.feat_stride, train.contract.num_frames) == ("slowfast", 16, 32)
  assert len(train) == 1 and train.class_names == ["wash_dishes"]
  assert len(store.open_dataset(tmp_path / "data", "ego4d_mq/slowfast", "test")) == 1
  with pytest.raises(ValueError, match="unknown split 'test_'"):
    store.open_dataset(tmp_path / "data", "ego4d_mq/slowfast", "test_")

  run("ego4d_mq/egovlp", source, tmp_path / "data", "--all_subsets")
  egovlp = store.open_dataset(tmp_path / "data", "ego4d_mq/egovlp", "train")
  assert egovlp.contract.num_frames == 16 and egovlp.metadata["splits"]["test"] == "validation"


def test_ego4d_streams_side_by_side(make_source, tmp_path):
  source = make_source(clips())
  run("ego4d_mq/omnivore_egovlp", source, tmp_path / "data", f"--join={source}")
  train = store.open_dataset(tmp_path / "data", "ego4d_mq/omnivore_egovlp", "train")
  assert train[0]["features"].shape == (899, 8) and train.contract.num_frames == 32
  assert train.contract.extractor == "omnivore_egovlp"


def test_ego4d_of_another_dataset(make_source, tmp_path):
  videos = {name: dict(entry, subset="Test") for name, entry in clips().items()}
  with pytest.raises(SystemExit, match="recordings: none of a known subset, only of test"):
    run("ego4d_mq/slowfast", make_source(videos), tmp_path / "data")


def videos(rate):
  def entry(subset, duration, *segments):
    annotations = [{"label": "Surfing", "segment": list(segment)} for segment in segments]
    steps = int(float(duration) * rate)
    return {"subset": subset, "duration": duration, "steps": steps, "annotations": annotations}

  return {
    "x1": entry("training", "100.5", (1.0, 30.0), (1.0, 30.0)),  # HACS has durations in quotes.
    "x2": entry("validation", 60, (10.0, 20.0)),
    "x3": entry("testing", 10),
  }


def test_hacs(make_source, tmp_path, capsys):
  def save(stem, features):  # A folder a split, as TriDet has them.
    folder = stem.parent / ("training" if stem.name == "x1" else "validation")
    folder.mkdir(exist_ok=True)
    np.save(folder / stem.name, features)

  run("hacs/i3d", make_source(videos(2), save), tmp_path / "data")
  train = store.open_dataset(tmp_path / "data", "hacs/i3d", "train")
  assert (train[0]["fps"], train[0]["feat_stride"], train[0]["num_frames"]) == (2, 1, 1)
  assert train[0]["duration"] == 100.5 and len(train[0]["labels"]) == 1
  assert "left out as repeated: 1 " in capsys.readouterr().out


def test_hacs_slowfast_timing_is_refused_for_i3d(make_source, tmp_path):
  with pytest.raises(SystemExit, match="1.09 times the steps.*2.05. steps a second, while fps / feat_stride is 1.875"):
    run("hacs/slowfast", make_source(videos(2)), tmp_path / "data")


def test_hacs_same_name_twice(make_source, tmp_path):
  source = make_source(videos(2))
  (source / "training").mkdir()
  np.save(source / "training" / "x1.npy", np.zeros((201, 4), np.float32))
  with pytest.raises(SystemExit, match="training/x1.npy: features: .*x1.npy has the same name. Keep one of them"):
    run("hacs/i3d", source, tmp_path / "data")
