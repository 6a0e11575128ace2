"""Which frames make a clip."""

import numpy as np
import pytest

from jaxvid.video import sampling


def test_uniform_takes_the_middle_of_each_stretch():
  np.testing.assert_array_equal(sampling.uniform(40, 4), [5, 15, 25, 35])
  np.testing.assert_array_equal(sampling.uniform(4, 4), [0, 1, 2, 3])
  np.testing.assert_array_equal(sampling.uniform(2, 6), [0, 0, 0, 1, 1, 1])
  np.testing.assert_array_equal(sampling.uniform(1, 3), [0, 0, 0])


@pytest.mark.parametrize("num_frames, clip_len", [(100, 8), (8, 8), (3, 8), (1000, 1), (33, 32)])
def test_jitter_stays_in_its_stretch_and_reaches_all_frames(num_frames, clip_len):
  rng = np.random.default_rng(0)
  drawn = np.stack([sampling.uniform(num_frames, clip_len, rng) for _ in range(3000)])
  edges = np.arange(clip_len + 1) * num_frames / clip_len
  assert (drawn >= np.floor(edges[:-1])).all() and (drawn <= np.ceil(edges[1:]) - 1).all()
  assert set(drawn.ravel()) == set(range(num_frames)) or num_frames == 1000


def test_dense():
  np.testing.assert_array_equal(sampling.dense(11, 3), [4, 5, 6])
  np.testing.assert_array_equal(sampling.dense(11, 3, stride=4, place=0), [0, 4, 8])
  np.testing.assert_array_equal(sampling.dense(11, 3, stride=4, place=1), [2, 6, 10])
  np.testing.assert_array_equal(sampling.dense(30, 5, stride=1.2, place=0), [0, 1, 2, 3, 4])
  np.testing.assert_array_equal(sampling.dense(30, 5, stride=0.5, place=0), [0, 0, 1, 1, 2])


def test_a_random_start_is_anywhere_the_clip_fits():
  rng = np.random.default_rng(0)
  starts = {tuple(sampling.dense(10, 3, stride=3, rng=rng)) for _ in range(200)}
  assert starts == {(0, 3, 6), (1, 4, 7), (2, 5, 8), (3, 6, 9)}


def test_videos_shorter_than_the_clip():
  np.testing.assert_array_equal(sampling.dense(3, 5, short="repeat_last"), [0, 1, 2, 2, 2])
  np.testing.assert_array_equal(sampling.dense(3, 5, short="loop"), [0, 1, 2, 0, 1])
  np.testing.assert_array_equal(sampling.dense(3, 5, short="stretch"), [0, 0, 1, 2, 2])
  np.testing.assert_array_equal(sampling.dense(9, 3, stride=8, short="stretch"), [0, 4, 8])


def test_several_clips():
  np.testing.assert_array_equal(sampling.multi_clip(11, 3, 3, stride=1), [[0, 1, 2], [4, 5, 6], [8, 9, 10]])
  np.testing.assert_array_equal(sampling.multi_clip(11, 3, 1, stride=1), [[4, 5, 6]])
  np.testing.assert_array_equal(sampling.multi_clip(40, 4, 2), [[2, 12, 22, 32], [7, 17, 27, 37]])
  np.testing.assert_array_equal(sampling.multi_clip(40, 4, 1)[0], sampling.uniform(40, 4))


def test_part_of_a_video():
  times = np.arange(10) / 4
  assert sampling.part(times) == (0, 10)
  assert sampling.part(times, 0.5, 1.0) == (2, 4)
  assert sampling.part(times, 0.6, 0.9) == (2, 4)  # The frame of 0.5 s is on the screen at 0.6 s.
  assert sampling.part(times, 1.01, 1.02) == (4, 5)
  assert sampling.part(times, 9, 10) == (9, 10)
  assert sampling.part(times, 1 / 4 - 1e-5, 0.5 + 1e-5) == (1, 2)
  with pytest.raises(ValueError, match="reversed or empty"):
    sampling.part(times, 1, 1)


def test_times_choose_what_is_on_the_screen():
  times = np.array([0.1, 0.2, 1.0, 1.1])
  np.testing.assert_array_equal(sampling.at_times(times, [0, 0.1, 0.15, 0.9, 1.0, 5]), [0, 0, 0, 1, 2, 3])
  np.testing.assert_array_equal(sampling.every(times, 10), [0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3])
  np.testing.assert_array_equal(sampling.every(np.arange(9) / 30, 15), [0, 2, 4, 6, 8])
  np.testing.assert_array_equal(sampling.every(np.arange(9) / 30, 30), np.arange(9))


@pytest.mark.parametrize(
  "call",
  [
    lambda: sampling.uniform(0, 4),
    lambda: sampling.dense(4, 0),
    lambda: sampling.dense(4, 2, stride=0),
    lambda: sampling.dense(4, 2, short="pad"),
    lambda: sampling.multi_clip(4, 2, 0),
    lambda: sampling.every(np.arange(3), 0),
  ],
)
def test_settings_that_are_none(call):
  with pytest.raises(ValueError):
    call()
