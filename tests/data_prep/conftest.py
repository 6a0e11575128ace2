"""Small raw folders in the published layouts."""

import json

import numpy as np
import pytest

import small_videos
from jaxvid import time_grid

# Experiment -> subject, samples. Subject 1 has two recordings, which are joined.
HAPT_EXPERIMENTS = {1: (1, 400), 2: (1, 330), 3: (2, 500), 4: (3, 275)}
# Experiment, subject, activity, first, last.
HAPT_LABELS = [(1, 1, 2, 51, 151), (1, 1, 1, 200, 400), (2, 1, 3, 1, 101), (3, 2, 1, 11, 61), (4, 3, 2, 5, 275)]


@pytest.fixture
def hapt_source(tmp_path):
  """Three subjects, four recordings, three activities; 1 and 3 train, 2 tests."""
  source = tmp_path / "hapt_raw"
  for folder in ("RawData", "Train", "Test"):
    (source / folder).mkdir(parents=True)
  rng = np.random.default_rng(0)
  for experiment, (subject, num_samples) in HAPT_EXPERIMENTS.items():
    for sensor in ("acc", "gyro"):
      file = source / "RawData" / f"{sensor}_exp{experiment:02d}_user{subject:02d}.txt"
      np.savetxt(file, rng.normal(size=(num_samples, 3)))
  labels = "".join(" ".join(map(str, label)) + "\n" for label in HAPT_LABELS)
  (source / "RawData" / "labels.txt").write_text(labels)
  (source / "activity_labels.txt").write_text("1 WALKING      \n2 SITTING  \n3 SIT_TO_STAND \n")
  (source / "Train" / "subject_id_train.txt").write_text("1\n1\n3\n")
  (source / "Test" / "subject_id_test.txt").write_text("2\n2\n")
  return source


@pytest.fixture
def write_features():
  """A function that writes one NAME.npy a video, of the steps that its duration makes at the published stride."""

  def write(folder, database, dim=4):
    rng = np.random.default_rng(0)
    for name, entry in database.items():
      num_steps = time_grid.expected_num_steps(entry["duration"], entry["fps"], 4, 16)
      np.save(folder / f"{name}.npy", rng.normal(size=(num_steps, dim)).astype(np.float32))

  return write


@pytest.fixture
def make_source(tmp_path):
  """A function that makes a folder with annotations.json and one file of features a video; returns the folder.

  `database` is ActivityNet's, but for "steps" in an entry, which becomes the length of its features. `save(file stem,
  array)` writes them.
  """

  def make(database, save=lambda stem, features: np.save(f"{stem}.npy", features), prefix="", dim=4, **container):
    folder = tmp_path / "raw"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, entry in database.items():
      save(folder / f"{prefix}{name}", rng.normal(size=(entry.pop("steps"), dim)).astype(np.float32))
    (folder / "annotations.json").write_text(json.dumps({**container, "database": database}))
    return folder

  return make


@pytest.fixture
def thumos14_source(write_features, tmp_path):
  """Three videos of two classes, one of them without a segment, with their features and annotations."""

  def annotation(label, *segment):
    return {"label": ["Diving", "HighJump"][label], "label_id": label, "segment": list(segment)}

  database = {
    "video_test_0000001": {"subset": "Test", "duration": 20.0, "fps": 30.0, "annotations": [annotation(1, 2.5, 4.0)]},
    "video_validation_0000001": {
      "subset": "Validation",
      "duration": 33.7,
      "fps": 29.999999999999996,
      "annotations": [annotation(0, 0.2, 1.1), annotation(1, 11.4, 12.2), annotation(0, 12.0, 33.0)],
    },
    "video_validation_0000002": {"subset": "Validation", "duration": 60.0, "fps": 30.0, "annotations": []},
  }
  source = tmp_path / "thumos14_raw"
  source.mkdir()
  (source / "thumos14.json").write_text(json.dumps({"version": "made up", "database": database}))
  write_features(source, database)
  return source


# Videos of the made-up datasets of anticipation, and their seconds.
VIDEOS = {"P01_01": 80.0, "P01_02": 30.0, "P02_01": 40.0, "P07-R01-PastaSalad": 20.0, "P20-R03": 10.0}


@pytest.fixture
def anticipation_source(tmp_path):
  """A folder of features, two steps a second of what is seen in a second."""
  folder = tmp_path / "features"
  folder.mkdir()
  for name, seconds in VIDEOS.items():
    np.save(folder / f"{name}.npy", np.random.default_rng(0).normal(size=(int(2 * seconds) - 1, 3)).astype("f4"))
  return folder


@pytest.fixture(scope="module")
def clip_videos(tmp_path_factory):
  """Three short files, 10 frames a second: 3 s of 64 x 48, 2 s turned, and 1 s of odd size."""
  folder = tmp_path_factory.mktemp("videos")
  times = np.arange(30) / 10
  small_videos.write(folder / "long.mp4", 30, times=times, g="10", preset="veryfast")
  small_videos.write(folder / "turned.mp4", 20, times=times, turn=(90,), preset="veryfast")
  small_videos.write(folder / "odd.webm", 10, times=times, codec="libvpx-vp9", size=(33, 47))
  return folder
