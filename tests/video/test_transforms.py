"""Resizing, cropping and flipping: all frames alike."""

import numpy as np
import pytest

import small_videos
from jaxvid.video import transforms
from jaxvid.video.decode import Video


def clip(height, width, num_frames=3):
  """Each pixel holds its row, its column and the number of its frame."""
  rows, columns = np.mgrid[:height, :width]
  return np.stack([np.stack([rows, columns, np.full_like(rows, t)], -1) for t in range(num_frames)]).astype(np.uint8)


def test_crops_lie_where_they_should():
  np.testing.assert_array_equal(transforms.center_crop(clip(10, 21), (4, 7)), clip(10, 21)[:, 3:7, 7:14])
  left, middle, right = transforms.crops(clip(8, 20), 8, 3)
  np.testing.assert_array_equal(left, clip(8, 20)[:, :, :8])
  np.testing.assert_array_equal(middle, clip(8, 20)[:, :, 6:14])
  np.testing.assert_array_equal(right, clip(8, 20)[:, :, 12:])
  top, _, bottom = transforms.crops(clip(20, 8), 8, 3)
  assert top[0, 0, 0, 0] == 0 and bottom[0, -1, 0, 0] == 19
  np.testing.assert_array_equal(transforms.crops(clip(9, 9), 4, 1)[0], transforms.center_crop(clip(9, 9), 4))


def test_random_crops_reach_every_corner_and_are_the_same_for_all_frames():
  rng = np.random.default_rng(0)
  corners = set()
  for _ in range(300):
    crop = transforms.random_crop(clip(6, 7), (4, 4), rng)
    assert crop.shape == (3, 4, 4, 3) and (np.ptp(crop[..., :2], axis=0) == 0).all()
    corners.add(tuple(crop[0, 0, 0, :2].tolist()))
  assert corners == {(top, left) for top in range(3) for left in range(4)}


def test_random_resized_crops():
  rng = np.random.default_rng(0)
  smooth = np.broadcast_to(np.linspace(0, 255, 40)[None, None, :, None], (2, 30, 40, 3)).astype(np.uint8)
  drawn = [transforms.random_resized_crop(smooth, 16, rng, scale=(0.2, 0.5)) for _ in range(50)]
  assert all(crop.shape == (2, 16, 16, 3) and (crop[0] == crop[1]).all() for crop in drawn)
  spans = [int(crop[0, 8, -1, 0]) - int(crop[0, 8, 0, 0]) for crop in drawn]
  assert max(spans) < 255 * 0.85 and min(spans) > 255 * 0.3 and len(set(spans)) > 10
  thin = transforms.random_resized_crop(clip(4, 100), (8, 8), rng, scale=(1, 1))
  assert thin.shape == (3, 8, 8, 3)


def test_flip():
  np.testing.assert_array_equal(transforms.flip(clip(2, 3))[0, 0, :, 1], [2, 1, 0])
  np.testing.assert_array_equal(transforms.flip(transforms.flip(clip(2, 3))), clip(2, 3))


def test_resizing_keeps_the_ratio_and_resembles_that_of_decoding(tmp_path):
  assert transforms.resize(clip(30, 40), 15).shape == (3, 15, 20, 3)
  assert transforms.resize(clip(40, 30), 15).shape == (3, 20, 15, 3)
  assert transforms.resize(clip(40, 30), (7, 9)).shape == (3, 7, 9, 3)
  assert transforms.resize(clip(30, 40), 30) is not None
  video = Video(small_videos.write(tmp_path / "a.mp4", 3, g="8"))
  decoded = video.frames([0, 2], size=24).astype(int)
  difference = np.abs(transforms.resize(video.frames([0, 2]), 24) - decoded)
  assert np.median(difference) <= 3 and difference.mean() < 6


def test_a_crop_that_does_not_fit():
  for call in (transforms.center_crop, lambda x, size: transforms.random_crop(x, size, np.random.default_rng(0))):
    with pytest.raises(ValueError, match="a crop of 5 x 5 does not fit into frames of 4 x 9"):
      call(clip(4, 9), 5)
