"""Optical flow in the place of pictures: what it measures, in which units, and at which frames."""

import cv2
import numpy as np
import pytest

from jaxvid.video import flow
from jaxvid.video.decode import Video
from jaxvid.video.encode import encode
from jaxvid.video.errors import VideoError
from jaxvid.video.flow import METHODS, Flow

SHAPE = 64, 96
CENTRE = np.s_[..., 16:-16, 16:-16, :]


def moving(steps, shape=SHAPE, fps=25.0, seed=0):
  """A video of a texture that moves by steps (N, 2), pixels down and to the right, from each frame to the next."""
  texture = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(4 * shape[0], 4 * shape[1])), (0, 0), 2.5)
  texture = np.uint8(255 * (texture - texture.min()) / np.ptp(texture))
  places = np.array([3 * shape[0] // 2, 3 * shape[1] // 2]) - np.cumsum([(0, 0), *steps], axis=0)
  frames = [np.repeat(texture[y : y + shape[0], x : x + shape[1], None], 3, -1) for y, x in places]
  return Video(encode(frames, np.arange(len(frames)) / fps, "jpeg", 2), name="moving")


def pixels(picture):
  """(..., 2) motion to the right and down in the units of a picture of flow."""
  return picture[..., :2].astype(float) * 40 / 255 - 20


def motion(picture):
  """(2,) the motion of most points in the middle, to the right and down."""
  return np.median(pixels(picture[CENTRE]), axis=(-3, -2))


@pytest.mark.parametrize("method", METHODS)
def test_direction_and_size(method):
  """At 25 frames a second and a short side of 64, a pixel is four units."""
  found = Flow(moving([(0, 2), (-1, 0), (1, -2)]), method).frames(range(4))
  assert found.shape == (4, *SHAPE, 3) and found.dtype == np.uint8 and (found[..., 2] == 128).all()
  expected = np.array([(8, 0), (0, -4), (-8, 4), (-8, 4)])  # The last picture has no next.
  np.testing.assert_allclose([motion(picture) for picture in found], expected, atol=0.35)
  np.testing.assert_array_equal(found[3], found[2])


def test_the_unit_depends_on_neither_size_nor_frame_rate():
  steps = [(0, 2)] * 3
  for fps in (12.5, 50.0):
    np.testing.assert_allclose(motion(Flow(moving(steps, fps=fps), "dis").frames([1])[0])[0], 8 * fps / 25, atol=0.35)
  for size in (48, 64, 128, (100, 150)):
    found = Flow(moving(steps), "dis").frames([1], size)
    assert min(found.shape[1:3]) == (size if isinstance(size, int) else 100)
    np.testing.assert_allclose(motion(found[0]), (8, 0), atol=0.5)


def test_what_is_too_fast_is_clipped():
  found = Flow(moving([(0, 7), (0, -7)]), "dis").frames([0, 1])
  assert motion(found[0])[0] == 20 and motion(found[1])[0] == -20


def test_frames_in_any_order_are_those_one_after_the_other():
  video = Flow(moving([(0, 1), (1, 0), (0, -1), (-1, 1)]), "dis")
  all_of_them = np.stack(list(video.iterate(range(5))))
  assert len({picture.tobytes() for picture in all_of_them[:4]}) == 4
  np.testing.assert_array_equal(video.frames([3, 0, 4, 3]), all_of_them[[3, 0, 4, 3]])
  np.testing.assert_array_equal(list(video.iterate([1, 3])), all_of_them[[1, 3]])
  assert video.frames([]).shape == (0, *SHAPE, 3)
  with pytest.raises(IndexError, match="moving: frames 0 to 5 of 5"):
    video.frames([0, 5])


def test_it_has_what_a_video_has():
  video = moving([(0, 1)] * 3, fps=10.0)
  seen = Flow(video, "dis")
  for name in ("name", "num_frames", "duration", "fps", "height", "width"):
    assert getattr(seen, name) == getattr(video, name)
  np.testing.assert_array_equal(seen.timestamps, video.timestamps)


def test_one_frame_shows_no_motion():
  np.testing.assert_array_equal(Flow(moving([]), "dis").frames([0]), np.full((1, *SHAPE, 3), 128))


@pytest.mark.parametrize("method", METHODS)
def test_mirrored_is_the_flow_of_the_mirrored_video(method):
  video = moving([(1, 2)] * 2)
  frames = video.frames(range(3))[:, :, ::-1]
  other = Video(encode(frames, np.arange(3) / 25, "jpeg", 2))
  ours = flow.mirror(Flow(video, method).frames([0])[..., :2])
  difference = pixels(ours)[CENTRE] - pixels(Flow(other, method).frames([0]))[CENTRE]
  assert np.abs(difference).mean() < 0.3
  np.testing.assert_allclose(motion(ours[0]), (-8, 4), atol=0.35)


@pytest.mark.parametrize("method", METHODS)
def test_little_is_lost_when_it_is_stored(method):
  """As single JPEG pictures: a quarter of a unit on average."""
  found = Flow(moving([(1, 2), (0, -1), (2, 0)]), method).frames(range(4))
  stored = Video(encode(found, np.arange(4) / 25, "jpeg")).frames(range(4))
  assert np.abs(pixels(found) - pixels(stored)).mean() < 0.25


def test_what_cannot_be_estimated():
  with pytest.raises(VideoError, match="moving: the flow at frame 0, 8 x 8 pixels, cannot be estimated .*larger"):
    Flow(moving([(0, 0)], shape=(8, 8)), "dis").frames([0])
  with pytest.raises(ValueError, match="flow: 'farneback' is none of tvl1, dis"):
    Flow(moving([(0, 0)]), "farneback")


def test_a_file_that_ends_early(tmp_path):
  data = encode(moving([(0, 1)] * 9).frames(range(10)), np.arange(10) / 25, "jpeg", 2)
  index = data.index(b"moov")
  assert index > len(data) // 2  # The index comes last, and is kept; of the pictures the last ones are spoilt.
  spoilt = data[: index // 2] + bytes(index - 4 - index // 2) + data[index - 4 :]
  with pytest.raises(VideoError, match="broken"):
    Flow(Video(spoilt, name="broken"), "dis").frames(range(10))


def test_opencv_is_not_always_there(monkeypatch):
  monkeypatch.delattr(cv2, "optflow")  # As in OpenCV without its contributed modules.
  with pytest.raises(ValueError, match="'tvl1' needs OpenCV .*pip install 'jaxvid.flow.'"):
    flow.check_installed("tvl1")
  flow.check_method("tvl1")
  flow.check_installed("dis")
