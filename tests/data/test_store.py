import concurrent.futures
import dataclasses
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jaxvid.data import sequence_records, store
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Record

ROOT = Path(__file__).parents[2]
CONTRACT = FeatureContract("made_up", "", 30.0, 4, 16, 3, "none")


def record(name, num_steps=5, num_segments=2):
  rng = np.random.default_rng(num_steps)
  return Record(
    id=name,
    features=rng.normal(size=(num_steps, 3)).astype(np.float32),
    segments=np.sort(rng.uniform(size=(num_segments, 2)), axis=-1),
    labels=np.arange(num_segments, dtype=np.int32),
    fps=29.97002997002997,
    feat_stride=4,
    num_frames=16,
    duration=10 / 3,
  )


def write(directory, records, name="made_up", **options):
  splits = {split: lambda of=of: iter(of) for split, of in records.items()}
  return store.write_dataset(directory, name, "1.0.0", splits, CONTRACT, ["jump", "throw"], **options)


def ids(directory, split, name="made_up"):
  records = store.open_dataset(directory, name, split)
  return [records[index]["id"] for index in range(len(records))]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("num_segments", [0, 1, 2])
def test_a_record_comes_back_as_it_was_written(dtype, num_segments, tmp_path):
  expected = record("é", num_segments=num_segments)
  write(tmp_path, {"train": [expected]}, dtype=dtype)
  actual = store.open_dataset(tmp_path, "made_up", "train")[0]
  assert (
    actual["features"].dtype == dtype and actual["segments"].dtype == np.float64 and actual["labels"].dtype == np.int32
  )
  np.testing.assert_array_equal(actual["features"], expected.features.astype(dtype))
  np.testing.assert_array_equal(actual["segments"], expected.segments)  # To the last bit: float64 on disk too.
  np.testing.assert_array_equal(actual["labels"], expected.labels)
  for name in ("id", "fps", "feat_stride", "num_frames", "duration"):
    assert actual[name] == getattr(expected, name)


def test_names_of_segments(tmp_path):
  names = ("P01_01_10", 'é "2"\n')
  named = dataclasses.replace(record("a"), segment_ids=names)
  write(tmp_path, {"train": [named, record("b"), record("c", num_segments=0)]})
  split = store.open_dataset(tmp_path, "made_up", "train")
  assert [split[index]["segment_ids"] for index in range(3)] == [names, (), ()]
  with pytest.raises(ValueError, match="recording 'a': segment_ids: 2 for 1 segments; give one a segment, or none"):
    sequence_records.to_example(dataclasses.replace(named, segments=named.segments[:1]), "float16")


def test_datasets_written_before_segments_had_names(tmp_path, monkeypatch):
  to_example = sequence_records.to_example
  monkeypatch.setattr(sequence_records, "TEXTS", ("id",))
  monkeypatch.setattr(
    sequence_records,
    "to_example",
    lambda *arguments: {name: value for name, value in to_example(*arguments).items() if name != "segment_ids"},
  )
  folder = write(tmp_path, {"train": [record("a")]})
  assert "segment_ids" not in (folder / "features.json").read_text()
  monkeypatch.undo()
  actual = store.open_dataset(tmp_path, "made_up", "train")[0]
  assert actual["id"] == "a" and actual["segment_ids"] == ()


def test_metadata(tmp_path):
  write(tmp_path, {"train": [record("a")]}, description="Nothing real.", notes={"seed": 3})
  split = store.open_dataset(tmp_path, "made_up", "train")
  assert split.contract == CONTRACT
  assert split.class_names == ["jump", "throw"]
  assert split.metadata["description"] == "Nothing real." and split.metadata["seed"] == 3


def test_records_keep_their_order(tmp_path):
  names = [f"video_{index}" for index in np.random.default_rng(0).permutation(120)]
  write(tmp_path, {"train": [record(name) for name in names]})
  assert ids(tmp_path, "train") == names


def test_splits_are_aliases_or_expressions(tmp_path):
  records = {f"subject_{k}": [record(f"{k}{letter}") for letter in "ab"] for k in (1, 2, 3)}
  write(tmp_path, records, splits={"train": "subject_1+subject_3", "test": "subject_2"})
  assert ids(tmp_path, "train") == ["1a", "1b", "3a", "3b"]
  assert ids(tmp_path, "test") == ids(tmp_path, "subject_2") == ["2a", "2b"]
  assert ids(tmp_path, "subject_1[:50%]+subject_2[1:]") == ["1a", "2b"]
  with pytest.raises(
    ValueError, match="unknown split 'val' of .*; there are train, test, subject_1, subject_2, subject_3"
  ):
    store.open_dataset(tmp_path, "made_up", "val")


def test_a_missing_dataset_says_where_it_was_sought_and_how_to_build_it(tmp_path):
  with pytest.raises(FileNotFoundError) as error:
    store.open_dataset(tmp_path, "hapt/acc_gyro", "train")
  assert str(tmp_path / "hapt" / "acc_gyro") in str(error.value)
  assert f"jaxvid build hapt/acc_gyro --source=... --data_dir={tmp_path}" in str(error.value)


@pytest.mark.parametrize("name", ["", "../hapt", "hapt/", "hapt/a/b", "Hapt x"])
def test_names_that_are_none(name, tmp_path):
  with pytest.raises(ValueError, match="is no name of a dataset"):
    store.open_dataset(tmp_path, name, "train")


def test_configurations_lie_side_by_side(tmp_path):
  assert write(tmp_path, {"train": [record("a")]}) == tmp_path / "made_up" / "default" / "1.0.0"
  assert write(tmp_path, {"train": [record("b")]}, name="made_up/long") == tmp_path / "made_up" / "long" / "1.0.0"
  assert ids(tmp_path, "train") == ["a"]
  assert ids(tmp_path, "train", "made_up/long") == ["b"]


def test_the_highest_version_is_opened(tmp_path):
  for version in ("1.9.0", "1.10.0"):
    splits = {"train": lambda version=version: iter([record(version)])}
    store.write_dataset(tmp_path, "made_up", version, splits, CONTRACT, ["jump", "throw"])
  assert ids(tmp_path, "train") == ["1.10.0"]


def test_threads_may_share_a_split(tmp_path):
  expected = [record(str(index), num_steps=index + 1) for index in range(50)]
  write(tmp_path, {"train": expected[:20], "test": expected[20:]}, dtype="float32")
  split = store.open_dataset(tmp_path, "made_up", "train+test")
  order = np.random.default_rng(0).permutation(500) % 50
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for index, actual in zip(order, pool.map(lambda index: split[int(index)], order), strict=True):
      assert actual["id"] == str(index)
      np.testing.assert_array_equal(actual["features"], expected[index].features)


def test_a_split_can_be_sent_to_another_process(tmp_path):
  write(tmp_path, {"train": [record("a"), record("b")]})
  split = store.open_dataset(tmp_path, "made_up", "train")
  assert split[0]["id"] == "a"
  assert pickle.loads(pickle.dumps(split))[1]["id"] == "b"


def test_it_is_a_source_for_grain(tmp_path):
  grain = pytest.importorskip("grain")
  write(tmp_path, {"train": [record(str(index)) for index in range(4)]})
  dataset = grain.MapDataset.source(store.open_dataset(tmp_path, "made_up", "train")).seed(0).shuffle()
  assert sorted(element["id"] for element in dataset.to_iter_dataset()) == ["0", "1", "2", "3"]


def failing():
  yield record("new")
  raise RuntimeError("the reader failed")


def test_a_failed_build_leaves_nothing(tmp_path):
  with pytest.raises(RuntimeError, match="the reader failed"):
    store.write_dataset(tmp_path / "data", "made_up", "1.0.0", {"train": failing}, CONTRACT, ["jump"])
  assert not (tmp_path / "data").exists()


def test_a_failed_overwrite_leaves_the_old_dataset(tmp_path):
  write(tmp_path, {"train": [record("old")]})
  with pytest.raises(RuntimeError, match="the reader failed"):
    store.write_dataset(tmp_path, "made_up", "1.0.0", {"train": failing}, CONTRACT, ["jump"], overwrite=True)
  assert ids(tmp_path, "train") == ["old"]
  assert [path.name for path in tmp_path.iterdir()] == ["made_up"]


def test_overwrite(tmp_path):
  folder = write(tmp_path, {"train": [record("old")]})
  with pytest.raises(FileExistsError) as error:
    write(tmp_path, {"train": [record("new")]})
  assert str(folder) in str(error.value) and "--overwrite" in str(error.value)
  assert ids(tmp_path, "train") == ["old"]
  write(tmp_path, {"train": [record("new")]}, overwrite=True)
  assert ids(tmp_path, "train") == ["new"]
  assert [path.name for path in tmp_path.iterdir()] == ["made_up"]


def test_a_dataset_made_meanwhile_by_another_process_is_kept(tmp_path):
  def racing():
    write(tmp_path, {"train": [record("first")]})
    yield record("second")

  with pytest.raises(FileExistsError, match="another process has made it meanwhile"):
    store.write_dataset(tmp_path, "made_up", "1.0.0", {"train": racing}, CONTRACT, ["jump"])
  assert ids(tmp_path, "train") == ["first"]


def test_skipped_may_grow_while_the_records_are_read(tmp_path):
  skipped = []

  def records():
    yield record("a")
    skipped.append({"file": "b.npy", "field": "features", "problem": "missing"})

  folder = store.write_dataset(tmp_path, "made_up", "1.0.0", {"train": records}, CONTRACT, ["jump"], skipped=skipped)
  assert json.loads((folder / "skipped.json").read_text()) == skipped


def test_imports_stay_cheap(tmp_path):
  """The store is imported by every command; TensorFlow by none, JAX only by those that compute."""
  code = f"""
import sys
from jaxvid.data.synthetic import recordings
from jaxvid.data import store
assert not {{"tensorflow_datasets", "tensorflow", "jax", "flax"}} & set(sys.modules), "on import"
recordings.write({str(tmp_path)!r}, num_train=1, num_test=1)
store.open_dataset({str(tmp_path)!r}, "made_up", "train")[0]
assert not {{"tensorflow", "jax", "flax"}} & set(sys.modules), "on use"
"""
  done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
  assert done.returncode == 0, done.stderr
