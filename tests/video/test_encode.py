"""What is encoded comes back: the pictures nearly, their number and times exactly."""

import numpy as np
import pytest

import small_videos
from jaxvid.video.decode import Video
from jaxvid.video.encode import encode

TIMES = np.cumsum([0, 0.04, 0.1, 0.03, 0.2, 0.04, 0.05, 0.04])


def frames():
  return [small_videos.picture(index) for index in range(len(TIMES))]


@pytest.mark.parametrize("codec, bound", [("h264", 16), ("jpeg", 10)])
def test_there_and_back(codec, bound):
  video = Video(encode(frames(), TIMES, codec))
  assert video.num_frames == len(TIMES)
  np.testing.assert_allclose(video.timestamps, TIMES, atol=1e-4)
  decoded = video.frames(range(len(TIMES)))
  np.testing.assert_array_equal(small_videos.numbers(decoded), np.arange(len(TIMES)))
  assert np.abs(decoded.astype(int) - np.stack(frames())).mean() < bound


@pytest.mark.parametrize("codec", ["h264", "jpeg"])
def test_quality_costs_bytes_and_bytes_are_the_same_every_time(codec):
  coarse, fine = (encode(frames(), TIMES, codec, quality) for quality in (30, 5))
  assert len(coarse) < len(fine)
  assert encode(frames(), TIMES, codec, 5) == fine


def test_jpeg_pictures_are_read_one_by_one():
  assert len(Video(encode(frames(), TIMES, "jpeg"))._packets.key_packets) == len(TIMES)


def test_levels_are_kept():
  grey = [np.full((16, 16, 3), level, np.uint8) for level in (0, 16, 128, 235, 255)]
  for codec in ("h264", "jpeg"):
    decoded = Video(encode(grey, np.arange(5) / 25, codec, 3)).frames(range(5))
    assert np.abs(decoded.astype(int) - np.stack(grey)).max() <= 1


def test_what_cannot_be_encoded():
  with pytest.raises(ValueError, match="even sizes"):
    encode([np.zeros((15, 16, 3), np.uint8)], [0])
  with pytest.raises(ValueError, match="no frames"):
    encode([], [])
  with pytest.raises(ValueError, match="quality: 60; give 0 to 51"):
    encode(frames(), TIMES, "h264", 60)
  with pytest.raises(ValueError, match="codec: 'av1' is none of"):
    encode(frames(), TIMES, "av1")
  with pytest.raises(ValueError, match="shape"):
    encode([np.zeros((16, 16, 3), np.uint8), np.zeros((18, 16, 3), np.uint8)], [0, 1])
