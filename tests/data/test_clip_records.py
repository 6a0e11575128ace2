"""Datasets of clips lie beside those of sequences, in the same format."""

import numpy as np
import pytest

from jaxvid.data import store
from jaxvid.data.synthetic import clips, recordings
from jaxvid.records import Clip
from jaxvid.video.decode import Video


def clip(name="é", video=b"\x00\xff bytes"):
  return Clip(name, video, 1, 0.25, 10 / 3, "group", 29.97, 100, 10 / 3)


def write(directory, clips, **options):
  splits = {"train": lambda: iter(clips)}
  return store.write_dataset(directory, "some_clips", "1.0.0", splits, None, ["jump", "throw"], kind="clips", **options)


def test_a_clip_comes_back_as_it_was_written(tmp_path):
  write(tmp_path, [clip()])
  split = store.open_dataset(tmp_path, "some_clips", "train", kind="clips")
  actual = split[0]
  assert actual == {name: getattr(clip(), name) for name in actual} and set(actual) == set(vars(clip()))
  assert isinstance(actual["video"], bytes) and isinstance(actual["label"], int)
  assert split.kind == "clips" and split.contract is None and split.class_names == ["jump", "throw"]


def test_a_dataset_of_the_wrong_kind_says_so(tmp_path):
  write(tmp_path, [clip()])
  recordings.write(tmp_path, num_train=1, num_test=1)
  with pytest.raises(
    ValueError, match="'some_clips' in .* holds clips, but sequences are read here; set config.data.type"
  ):
    store.open_dataset(tmp_path, "some_clips", "train")
  with pytest.raises(ValueError, match="'made_up' in .* holds sequences, but clips are read here"):
    store.open_dataset(tmp_path, "made_up", "train", kind="clips")


def test_manifest_is_asked_for_when_all_records_are_read(tmp_path):
  seen = []

  def clips():
    for name in "ab":
      seen.append(name)
      yield clip(name)

  folder = store.write_dataset(
    tmp_path, "some_clips", "1.0.0", {"train": clips}, None, ["a"], kind="clips", manifest=lambda: {"seen": seen}
  )
  assert (folder / "manifest.json").read_text().split() == ["{", '"seen":', "[", '"a",', '"b"', "]", "}"]


def test_made_up_clips_are_videos_that_only_move_differently(tmp_path):
  folder = clips.write(tmp_path, num_train=4, num_test=2, num_frames=6)
  assert clips.write(tmp_path, num_train=4, num_test=2, num_frames=6) == folder
  train = store.open_dataset(tmp_path, "made_up_clips", "train", kind="clips")
  assert [train[index]["label"] for index in range(4)] == [0, 1, 2, 3]
  assert train.class_names == ["right", "left", "down", "up"]
  for index in range(4):
    video = Video(train[index]["video"])
    assert (video.num_frames, video.height, video.width) == (6, 32, 40)
    assert train[index]["duration"] == video.duration and train[index]["num_frames"] == 6
  rng = lambda: np.random.default_rng(3)  # noqa: E731
  right, left = (clips.frames(rng(), label, 6, 32, 40) for label in (0, 1))
  np.testing.assert_array_equal(right[0], left[0])
  assert (right[-1] != left[-1]).any()
