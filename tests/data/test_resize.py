"""Sequences of one length: what is interpolated, and that times stay right."""

import dataclasses
import itertools

import numpy as np
import pytest

from jaxvid import time_grid
from jaxvid.data.batches import collate
from jaxvid.data.pipelines.sequences import Data
from jaxvid.data.resize import resize


def record(num_steps, dim=3, stride=16.0, num_frames=16.0, segments=((1.0, 2.5),)):
  rng = np.random.default_rng(num_steps)
  return dict(
    id="a",
    features=rng.normal(size=(num_steps, dim)).astype(np.float32),
    segments=np.array(segments, float).reshape(-1, 2),
    labels=np.zeros(len(segments), int),
    fps=15.0,
    feat_stride=stride,
    num_frames=num_frames,
    duration=((num_steps - 1) * stride + num_frames) / 15.0,
  )


@pytest.mark.parametrize("num_steps, size", [(100, 192), (192, 192), (300, 192), (1, 5), (7, 3)])
def test_as_pytorch_interpolates(num_steps, size):
  """torch.nn.functional.interpolate, linear, align_corners=False: positions are floored, and clamped at both ends."""
  features = record(num_steps)["features"]
  scale, expected = num_steps / size, []
  for step in range(size):
    position = max((step + 0.5) * scale - 0.5, 0.0)
    low = min(int(position), num_steps - 1)
    share = position - low if low + 1 < num_steps else 0.0
    expected.append((1 - share) * features[low] + share * features[min(low + 1, num_steps - 1)])
  resized = resize(record(num_steps), size)["features"]
  assert resized.dtype == np.float32
  np.testing.assert_allclose(resized, expected, atol=1e-4)


def test_as_torch_itself():
  torch = pytest.importorskip("torch")
  for num_steps, size in [(50, 192), (100, 192), (300, 192), (2000, 192), (2, 7)]:
    before = record(num_steps)["features"]
    expected = torch.nn.functional.interpolate(
      torch.tensor(before.T[None]), size=size, mode="linear", align_corners=False
    )
    np.testing.assert_allclose(resize(record(num_steps), size)["features"], expected[0].T.numpy(), atol=2e-6)


@pytest.mark.parametrize("size", [40, 100, 192])
def test_a_step_shows_its_time(size):
  """Features that are the time of their steps are so after resizing: content and timing move together."""
  before = record(100)
  before["features"] = time_grid.grid_to_seconds(np.arange(100.0), 15.0, 16.0, 16.0)[:, None]
  after = resize(before, size)
  times = time_grid.grid_to_seconds(np.arange(size), after["fps"], after["feat_stride"], after["num_frames"])
  inner = (times > before["features"][0]) & (times < before["features"][-1])
  np.testing.assert_allclose(after["features"][inner, 0], times[inner], rtol=1e-5)
  assert inner.sum() > size - 3


def test_timing_is_the_references():
  after = resize(record(50, stride=4.0, num_frames=16.0), 192)
  assert after["feat_stride"] == after["num_frames"] == (49 * 4 + 16) / 192
  assert resize(record(192, stride=4.0), 192)["num_frames"] == (191 * 4 + 16) / 192  # Also where the length fits.


SETTINGS = Data(
  dataset="made_up",
  batch_size=4,
  max_len=64,
  buckets=(64,),
  resize_to=64,
  crop_ratio=None,
  made_up=dict(num_train=4, num_test=2, dim=6, num_classes=3, min_steps=40, max_steps=120),
)


@pytest.mark.parametrize("num_steps", [1, 30, 64, 500])
def test_segments_survive_the_way_to_the_batch_and_back(num_steps):
  before = record(num_steps, segments=[(0.0, 0.7), (0.3, 20.0), (3.25, 3.5)])
  prepared = SETTINGS.prepare(before)
  batch = collate([prepared], SETTINGS.buckets)
  assert batch["features"].shape == (1, 64, 3) and batch["mask"].all()
  timing = [batch[name][0] for name in ("fps", "feat_stride", "num_frames")]
  seconds = time_grid.grid_to_seconds(batch["segments"][0, :3], *timing)
  np.testing.assert_allclose(seconds, before["segments"], atol=1e-4)
  # The whole recording is the whole grid: half a step before the first to half a step after the last.
  whole = time_grid.seconds_to_grid(np.array([0.0, before["duration"]]), *timing)
  np.testing.assert_allclose(whole, [-0.5, 63.5], atol=1e-4)


def test_training_and_evaluation_see_the_same(tmp_path):
  source = SETTINGS.open_split("train", tmp_path)
  trained = next(SETTINGS.train_batches(source, seed=0))
  rows = {row.tobytes(): k for k, row in enumerate(trained["features"])}
  for _, batch in SETTINGS.eval_examples(source):
    row = rows.pop(batch["features"][0].tobytes())
    for name in ("segments", "labels", "feat_stride", "num_frames", "segment_mask"):
      np.testing.assert_array_equal(batch[name][0], trained[name][row])
  assert not rows


def test_crops_are_shares_of_the_new_length(tmp_path):
  data = dataclasses.replace(SETTINGS, crop_ratio=(0.9, 1.0))
  source = data.open_split("train", tmp_path)
  lengths = {int(n) for batch in itertools.islice(data.train_batches(source, 0), 30) for n in batch["mask"].sum(1)}
  assert lengths == set(range(58, 65))


def test_without_the_setting_nothing_is_resized():
  before = record(30)
  after = dataclasses.replace(SETTINGS, resize_to=None).prepare(before)
  assert after["features"] is before["features"] and after["feat_stride"] == 16.0


def test_refusal():
  with pytest.raises(ValueError, match="resize_to: 0 steps; give 1 or more"):
    dataclasses.replace(SETTINGS, resize_to=0)
