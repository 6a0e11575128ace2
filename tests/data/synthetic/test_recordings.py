import numpy as np
import pytest

from jaxvid import time_grid
from jaxvid.data import store
from jaxvid.data.synthetic import recordings

NUM_CLASSES, DIM = 6, 32


def records(seed=0, num_records=60, **options):
  return list(recordings.records(seed, num_records, DIM, NUM_CLASSES, **options))


@pytest.mark.parametrize(("min_steps", "max_steps"), [(100, 400), (24, 48)])
def test_recordings_are_sound(min_steps, max_steps):
  for record in records(min_steps=min_steps, max_steps=max_steps):
    timing = (record.fps, record.feat_stride, record.num_frames)
    assert min_steps <= len(record.features) <= max_steps
    assert len(record.features) == time_grid.expected_num_steps(record.duration, *timing)
    grid = time_grid.seconds_to_grid(record.segments, *timing)
    assert 1 <= len(grid) <= 12 and len(grid) == len(record.labels)
    assert (grid[:, 1] - grid[:, 0] > 1).all()
    assert (grid[1:, 0] - grid[:-1, 1] > 3).all()  # No overlap, ascending.
    assert grid.min() >= 0 and grid.max() <= len(record.features) - 1
    assert set(record.labels) <= set(range(NUM_CLASSES))


def test_classes_have_typical_durations():
  all_records = records(200)
  steps = (
    np.concatenate([np.diff(record.segments)[:, 0] for record in all_records]) * recordings.FPS / recordings.FEAT_STRIDE
  )
  labels = np.concatenate([record.labels for record in all_records])
  medians = [np.median(steps[labels == label]) for label in range(NUM_CLASSES)]
  assert medians == sorted(medians) and medians[0] < 8 and medians[-1] > 40


def test_a_linear_model_tells_the_classes_apart_to_within_a_step():
  """Least squares on half of the recordings labels the steps of the other half."""

  def steps(record):
    grid = time_grid.seconds_to_grid(record.segments, record.fps, record.feat_stride, record.num_frames)
    labels = np.full(len(record.features), NUM_CLASSES)
    for (start, end), label in zip(grid, record.labels, strict=True):
      labels[int(np.ceil(start)) : int(np.floor(end)) + 1] = label
    inner = np.abs(np.arange(len(labels))[:, None] - grid.reshape(-1)).min(axis=1) > 1  # Not at a boundary.
    return record.features, labels, inner

  features, labels, inner = (np.concatenate(parts) for parts in zip(*map(steps, records()), strict=True))
  features = np.concatenate([features, np.ones((len(features), 1))], axis=1)
  half = len(features) // 2
  weights, *_ = np.linalg.lstsq(features[:half], np.eye(NUM_CLASSES + 1)[labels[:half]], rcond=None)
  correct = (features[half:] @ weights).argmax(axis=1) == labels[half:]
  assert correct[inner[half:]].mean() > 0.9


def test_records_are_determined_by_seed_and_index():
  whole, part = records(3, 6), records(3, 2, first=4)
  for expected, actual in zip(whole[4:], part, strict=True):
    assert actual.id == expected.id
    np.testing.assert_array_equal(actual.features, expected.features)
    np.testing.assert_array_equal(actual.segments, expected.segments)
  assert not np.array_equal(records(4, 1)[0].segments, whole[0].segments)


def test_write_reuses_what_is_there_with_the_same_settings(tmp_path):
  sizes = {"num_train": 3, "num_test": 2, "dim": 8, "num_classes": 25, "min_steps": 50, "max_steps": 60}
  folder = recordings.write(tmp_path, **sizes)
  assert folder == tmp_path / "made_up" / "default" / recordings.VERSION
  made = folder.stat().st_mtime_ns
  assert recordings.write(tmp_path, **sizes).stat().st_mtime_ns == made
  assert recordings.write(tmp_path, **sizes, seed=1).stat().st_mtime_ns != made

  train, test = (store.open_dataset(tmp_path, "made_up", split) for split in ("train", "test"))
  assert (len(train), len(test)) == (3, 2)
  assert train[0]["features"].shape[1] == train.contract.dim == 8
  assert len(set(train.class_names)) == 25
  assert not {train[index]["id"] for index in range(3)} & {test[index]["id"] for index in range(2)}
