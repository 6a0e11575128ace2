"""Training crops: what is kept, clipped and shifted."""

import numpy as np
import pytest

from jaxvid.data.crops import Crop, clip_to_features, random_crop
from jaxvid.data.pipelines.sequences import Data, _Augment


def example(num_steps, segments, num_frames=16.0, feat_stride=4.0):
  segments = np.asarray(segments, float).reshape(-1, 2)
  return dict(
    features=np.arange(num_steps, dtype=np.float32)[:, None],
    segments=segments,
    labels=np.arange(len(segments)),
    num_frames=num_frames,
    feat_stride=feat_stride,
  )


def test_short_recordings_stay_whole_without_a_ratio(rng):
  before = example(50, [[3, 9]])
  assert random_crop(before, Crop(max_len=50, ratio=None), rng) is before


def test_long_recordings_become_windows_of_max_len(rng):
  before = example(400, [[i * 20 + 3, i * 20 + 11] for i in range(20)])
  for _ in range(50):
    after = random_crop(before, Crop(max_len=64, min_overlap=0.5), rng)
    start = int(after["features"][0, 0])
    np.testing.assert_array_equal(after["features"][:, 0], np.arange(start, start + 64))
    assert len(after["labels"])
    # Half a clip, two steps, is seen beyond either end of the window.
    for label, segment in zip(after["labels"], after["segments"]):
      expected = np.clip(before["segments"][label], start - 2, start + 64 + 2) - start
      np.testing.assert_allclose(segment, expected)
      assert np.diff(segment) >= 0.5 * 8
    inside = np.clip(before["segments"], start - 2, start + 66)
    assert len(after["labels"]) == np.sum(np.diff(inside) >= 0.5 * 8), "none is lost that lies inside far enough"


def test_margin_is_the_papers_choice(rng):
  before = example(100, [[10, 90]])
  crop = Crop(max_len=20, ratio=None, min_overlap=0.0)
  assert np.diff(random_crop(before, crop, np.random.default_rng(3))["segments"]) in (20, 22, 23, 24)
  lengths = {
    float(np.diff(random_crop(before, Crop(20, None, 0.0, margin), np.random.default_rng(5))["segments"])[0, 0])
    for margin in ("half_clip", "none")
  }
  assert lengths == {24.0, 20.0}
  with pytest.raises(ValueError, match="half_clip, none"):
    Crop(20, window_margin="clip")


def test_ratio_shortens_within_its_bounds(rng):
  lengths = {
    len(random_crop(example(100, [[0, 100]]), Crop(max_len=200, ratio=(0.9, 1.0)), rng)["features"]) for _ in range(300)
  }
  assert lengths == set(range(90, 101))


def test_windows_without_actions_are_drawn_again(rng):
  before = example(1000, [[500, 505]])
  assert all(len(random_crop(before, Crop(max_len=100), rng)["labels"]) for _ in range(20))


def test_recordings_without_usable_actions(rng):
  assert random_crop(example(100, []), Crop(max_len=10), rng)["segments"].shape == (0, 2)
  assert random_crop(example(100, [[5, 5]]), Crop(max_len=10), rng)["segments"].shape == (0, 2)


def test_actions_beyond_the_features_are_dropped_or_end_with_them():
  # Half a clip is two steps, so the features show up to step 102.
  before = example(100, [[10, 20], [96, 104], [98, 108], [101, 110], [103, 110]])
  after = clip_to_features(before, Crop(max_len=200, min_overlap=0.5))
  np.testing.assert_array_equal(after["segments"], [[10, 20], [96, 102]])
  np.testing.assert_array_equal(after["labels"], [0, 1])
  lenient = clip_to_features(before, Crop(max_len=200, min_overlap=0.1))
  np.testing.assert_array_equal(lenient["labels"], [0, 1, 2, 3])
  np.testing.assert_array_equal(lenient["segments"][2:], [[98, 102], [101, 102]])
  assert after["features"] is before["features"]
  touching = example(100, [[101, 110], [102, 110]])
  np.testing.assert_array_equal(clip_to_features(touching, Crop(200, min_overlap=0.0))["labels"], [0])


def test_random_crops_can_clip_first(rng):
  before = example(100, [[10, 20], [96, 104]])
  for clip, last in ((True, 102), (False, 104)):
    data = Data("x", 1, max_len=200, buckets=(200,), crop_ratio=None, clip_to_features=clip)
    assert _Augment(data).random_map(before, rng)["segments"][1, 1] == last
