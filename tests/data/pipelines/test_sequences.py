"""Batches as a function of seed and step; padding to a few lengths."""

import dataclasses
import itertools

import numpy as np
import pytest

from jaxvid.data.batches import collate, padded_length
from jaxvid.data.pipelines.sequences import Data

DATA = Data(
  dataset="made_up",
  batch_size=4,
  max_len=120,
  buckets=(64, 128),
  input_noise=0.1,
  made_up=dict(num_train=9, num_test=3, dim=6, num_classes=3, min_steps=40, max_steps=120),
)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def source(workdir):
  return DATA.open_split("train", workdir)


def batches(source, count, **settings):
  data = settings.pop("data", DATA)
  return list(itertools.islice(data.train_batches(source, settings.pop("seed", 0), **settings), count))


def assert_equal(a, b):
  assert a.keys() == b.keys()
  for name in a:
    np.testing.assert_array_equal(a[name], b[name])


def test_position_is_one_integer(source):
  for later, batch in zip(batches(source, 3, first_step=2), batches(source, 5)[2:]):
    assert_equal(later, batch)


def test_seed_decides(source):
  a, b = batches(source, 1)[0], batches(source, 1, seed=1)[0]
  assert_equal(a, batches(source, 1)[0])
  assert a["features"].shape != b["features"].shape or np.any(a["features"] != b["features"])


def test_every_epoch_is_a_new_shuffle_without_repeats(source):
  plain = dataclasses.replace(DATA, crop_ratio=None, input_noise=0.0)
  names = {source[i]["features"].tobytes()[:64]: i for i in range(len(source))}
  epochs = []
  many = batches(source, 12, data=plain)
  for first, second in zip(many[::2], many[1::2]):
    rows = np.concatenate([[names[row.tobytes()[:64]] for row in batch["features"]] for batch in (first, second)])
    assert len(set(rows.tolist())) == 8, "two batches of four make an epoch of nine; one is left out"
    epochs.append(tuple(rows.tolist()))
  assert len(set(epochs)) == 6


def test_crops_differ_between_epochs(source):
  two = dataclasses.replace(DATA, batch_size=9)
  first, second = batches(source, 2, data=two)
  assert sorted(first["mask"].sum(1)) != sorted(second["mask"].sum(1))


@pytest.mark.parametrize("num_processes", [2, 4])
def test_processes_share_the_global_batch(source, num_processes):
  wide = dataclasses.replace(DATA, buckets=(128,))
  whole = batches(source, 3, data=wide)
  shares = [batches(source, 3, data=wide, process=p, num_processes=num_processes) for p in range(num_processes)]
  for step, batch in enumerate(whole):
    for p in range(num_processes):
      np.testing.assert_array_equal(batch["features"][p::num_processes], shares[p][step]["features"])


def test_evaluation_sees_each_recording_once_and_whole(source):
  seen = []
  for p in range(2):
    for record, batch in DATA.eval_examples(source, p, 2):
      seen.append(record["id"])
      steps = int(batch["mask"].sum())
      original = next(source[i] for i in range(len(source)) if source[i]["id"] == record["id"])
      np.testing.assert_array_equal(batch["features"][0, :steps], original["features"])
      assert "features" not in record
  assert sorted(seen) == sorted(source[i]["id"] for i in range(len(source)))


def test_refusals(source, workdir):
  with pytest.raises(ValueError, match="a batch of 10 needs more than the 9 recordings"):
    batches(source, 1, data=dataclasses.replace(DATA, batch_size=10))
  with pytest.raises(ValueError, match="4 cannot be shared by 3 processes"):
    batches(source, 1, num_processes=3)
  with pytest.raises(ValueError, match="unknown split 'dev'"):
    DATA.open_split("dev", workdir)


@pytest.mark.parametrize("length, padded", [(1, 64), (64, 64), (65, 128), (128, 128), (129, 256), (1000, 1024)])
def test_padded_length(length, padded):
  assert padded_length(length, (128, 64)) == padded


def test_collate_pads_and_masks():
  timing = dict(fps=30.0, feat_stride=4.0, num_frames=16.0, duration=10.0)
  short = dict(features=np.ones((3, 2), np.float16), segments=np.array([[0.5, 2.0]]), labels=np.array([1]), **timing)
  empty = dict(features=np.ones((5, 2), np.float16), segments=np.zeros((0, 2)), labels=np.zeros(0, int), **timing)
  batch = collate([short, empty], (8,))
  assert batch["features"].shape == (2, 8, 2) and batch["features"].dtype == np.float16
  np.testing.assert_array_equal(batch["mask"].sum(1), [3, 5])
  assert not batch["features"][~batch["mask"]].any()
  np.testing.assert_array_equal(batch["segment_mask"].sum(1), [1, 0])
  np.testing.assert_array_equal(batch["segments"][0, 0], [0.5, 2.0])
  np.testing.assert_array_equal(batch["fps"], [30, 30])
