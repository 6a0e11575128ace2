"""Batches of clips as optical flow."""

import dataclasses
import itertools

import numpy as np
import pytest

from jaxvid.data import clip_reader, store
from jaxvid.data.pipelines.clips import Data
from jaxvid.data.synthetic import clips as made_up
from jaxvid.records import Clip
from jaxvid.video.decode import Video
from jaxvid.video.encode import encode
from jaxvid.video.flow import Flow

FLOW = Data(
  dataset="small",
  batch_size=4,
  clip_len=3,
  flow="dis",
  sampling="dense",
  short_side=24,
  crop=20,
  flip=False,
  jitter=True,
  num_threads=0,
  prefetch=1,
)


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
  """Squares that move to the right and to the left by turns."""
  folder = made_up.write(
    tmp_path_factory.mktemp("moving"), num_train=6, num_test=2, num_classes=2, num_frames=8, height=24, width=32
  )
  return store.Split(folder, "train")


def batches(source, count, data=FLOW):
  return list(itertools.islice(data.train_batches(source, seed=0), count))


def assert_equal(a, b):
  assert a.keys() == b.keys()
  for name in a:
    np.testing.assert_array_equal(a[name], b[name])


def to_the_right(clip):
  """(...,) of flow (..., H, W, 2): the motion, in levels, where there is any."""
  along = clip[..., 0].astype(int) - 128
  moves = np.abs(along) > 4
  return (along * moves).sum((-1, -2)) / np.maximum(moves.sum((-1, -2)), 1)


def test_flow_tells_the_directions_apart(moving):
  assert FLOW.example_batch()["video"].shape == (1, 3, 20, 20, 2)
  for record, batch in FLOW.eval_examples(moving):
    assert batch["video"].shape == (1, 1, 3, 20, 20, 2) and batch["video"].dtype == np.uint8
    assert np.sign(to_the_right(batch["video"]).mean()) == (-1 if record["label"] else 1)
  for batch in batches(moving, 3):
    signs = np.sign(to_the_right(batch["video"]).mean(1))
    np.testing.assert_array_equal(signs, np.where(batch["label"], -1, 1))


def test_mirrored_flow_moves_the_other_way(moving):
  mirrored = dataclasses.replace(FLOW, flip=True)
  signs = [np.sign(to_the_right(batch["video"]).mean(1)) for batch in batches(moving, 6, mirrored)]
  labels = [batch["label"] for batch in batches(moving, 6, mirrored)]
  agree = np.concatenate(signs) == np.where(np.concatenate(labels), -1, 1)
  assert 0.2 < agree.mean() < 0.8


def test_cached_flow_is_the_same(moving):
  cached = dataclasses.replace(FLOW, cache_decoded=True)
  for a, b in zip(batches(moving, 3), batches(moving, 3, cached), strict=True):
    assert_equal(a, b)


def test_stored_flow_is_read_as_it_is(moving, tmp_path, monkeypatch):
  """One picture of flow is as another video to the reader, but for the dataset's word that it is flow."""
  pictures = moving[0] | {"id": "clip", "group": ""}
  stored = Flow(Video(pictures["video"]), "dis").frames(range(8))
  video = encode(stored, np.arange(8) / made_up.FPS, "jpeg", 2)
  notes = {"encoding": {"encode": "jpeg", "flow": "dis"}}
  records = {"train": lambda: iter([Clip(**pictures | {"video": video})])}
  store.write_dataset(tmp_path, "flow", "1.0.0", records, None, ["a", "b"], kind="clips", notes=notes)
  source = store.open_dataset(tmp_path, "flow", "train", kind="clips")
  (_, read), (_, estimated) = next(FLOW.eval_examples(source)), next(FLOW.eval_examples(moving))
  assert np.abs(read["video"].astype(int) - estimated["video"]).mean() < 2
  monkeypatch.setattr(clip_reader, "check_installed", lambda _: pytest.fail("needs nothing"))
  assert_equal(next(dataclasses.replace(FLOW).eval_examples(source))[1], read)
  for other in (None, "tvl1"):
    with pytest.raises(ValueError, match=f"config.data.flow: {other!r}, but Split.* optical flow of the method 'dis'"):
      dataclasses.replace(FLOW, flow=other).eval_examples(source)
  with pytest.raises(ValueError, match="flow: 'lucas' is none of tvl1, dis"):
    next(dataclasses.replace(FLOW, flow="lucas").eval_examples(source))
