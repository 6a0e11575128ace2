"""Batches of clips as a function of seed and step."""

import dataclasses
import itertools
import logging

import numpy as np
import pytest

from jaxvid.data import store
from jaxvid.data.pipelines import clips
from jaxvid.data.pipelines.clips import Data
from jaxvid.records import Clip
from jaxvid.video.encode import encode
from jaxvid.video.errors import VideoError

DATA = Data(
  dataset="small", batch_size=4, clip_len=3, short_side=16, crop=(12, 14), jitter=True, num_threads=0, prefetch=1
)
NUM_CLIPS, NUM_FRAMES = 10, 8


def made(index, broken=False, **changes):
  """Clip `index`: all pixels of its frame t are 20 * index + 2 * t + 3; two classes, of 8 and of 2 clips."""
  frames = np.broadcast_to(20 * index + 2 * np.arange(NUM_FRAMES)[:, None, None, None] + 3, (NUM_FRAMES, 16, 20, 3))
  video = encode(frames.astype(np.uint8), np.arange(NUM_FRAMES) / 8, "jpeg", 2)
  values = dict(label=int(index >= 8), start=0.0, end=1.0, group="", fps=8.0, num_frames=NUM_FRAMES, duration=1.0)
  return Clip(id=f"clip_{index}", **values | dict(video=b"broken" if broken else video) | changes)


def write(folder, records):
  store.write_dataset(folder, "small", "1.0.0", {"train": lambda: iter(records)}, None, ["a", "b"], kind="clips")
  return store.open_dataset(folder, "small", "train", kind="clips")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
  return write(tmp_path_factory.mktemp("clips"), [made(index) for index in range(NUM_CLIPS)])


@pytest.fixture(scope="module")
def partly_broken(tmp_path_factory):
  records = [made(index, broken=index in (2, 5)) for index in range(NUM_CLIPS)]
  return write(tmp_path_factory.mktemp("broken"), records)


def batches(source, count, seed=0, data=DATA, **settings):
  return list(itertools.islice(data.train_batches(source, seed, **settings), count))


def assert_equal(a, b):
  assert a.keys() == b.keys()
  for name in a:
    np.testing.assert_array_equal(a[name], b[name])


def clips_of(batch):
  """Which clips a batch shows."""
  return batch["video"].mean((1, 2, 3, 4)).astype(int) // 20


def frames_of(video):
  """Which frames (..., T, H, W, 3) shows."""
  return np.rint((video.mean((-1, -2, -3)) % 20 - 3) / 2).astype(int)


def test_a_batch(source):
  batch = batches(source, 1)[0]
  assert batch["video"].shape == (4, 3, 12, 14, 3) and batch["video"].dtype == np.uint8
  assert batch["label"].shape == (4,) and batch["label"].dtype == np.int32
  np.testing.assert_array_equal(batch["label"], clips_of(batch) >= 8)
  assert set(batch) == {"video", "label"}
  example = DATA.example_batch(None)["video"]
  assert example.shape == (1, *batch["video"].shape[1:]) and example.dtype == np.uint8


def test_position_is_one_integer(source):
  for later, batch in zip(batches(source, 3, first_step=2), batches(source, 5)[2:], strict=True):
    assert_equal(later, batch)


def test_threads_change_nothing(source):
  threaded = dataclasses.replace(DATA, num_threads=3, prefetch=4)
  for a, b in zip(batches(source, 4), batches(source, 4, data=threaded), strict=True):
    assert_equal(a, b)


def test_seed_decides(source):
  assert_equal(batches(source, 1)[0], batches(source, 1)[0])
  assert (batches(source, 1)[0]["video"] != batches(source, 1, seed=1)[0]["video"]).any()


def test_every_epoch_is_a_new_order_without_repeats(source):
  assert DATA.num_steps_per_epoch(source) == 2
  epochs = np.concatenate([clips_of(batch) for batch in batches(source, 12)]).reshape(6, 8)
  assert all(len(set(epoch)) == 8 for epoch in epochs.tolist())
  assert len({tuple(epoch) for epoch in epochs.tolist()}) == 6 and set(epochs.ravel()) == set(range(10))


@pytest.mark.parametrize("mixup_alpha", [0.0, 0.4])
def test_processes_share_each_batch(source, mixup_alpha):
  data = dataclasses.replace(DATA, mixup_alpha=mixup_alpha)
  whole = batches(source, 3, data=data)
  parts = [batches(source, 3, data=data, process=process, num_processes=2) for process in range(2)]
  for batch, first, second in zip(whole, *parts, strict=True):
    joined = {name: np.concatenate([first[name], second[name]]) for name in batch}
    rows = [0, 2, 1, 3]  # Of process 0 and process 1, one after the other.
    for name in set(batch) - {"mix_partner"}:
      np.testing.assert_array_equal(joined[name], batch[name][rows])
    if mixup_alpha:  # The same two clips are mixed.
      shown = clips_of(joined)[joined["mix_partner"]]
      np.testing.assert_array_equal(shown, clips_of(batch)[batch["mix_partner"]][rows])
  with pytest.raises(ValueError, match="cannot be shared by 3"):
    batches(source, 1, num_processes=3)


def test_mixup(source):
  found = batches(source, 30, data=dataclasses.replace(DATA, mixup_alpha=0.4, cache_decoded=True))
  weights = np.concatenate([batch["mix_weight"] for batch in found])
  assert weights.dtype == np.float32 and 0.35 < weights.mean() < 0.65
  assert np.std(weights) == pytest.approx(np.sqrt(0.25 / 1.8), abs=0.06)  # Of Beta(0.4, 0.4).
  for batch in found:
    assert sorted(batch["mix_partner"]) == [0, 1, 2, 3] and batch["mix_partner"].dtype == np.int32


def test_balance(source):
  """Class 1 has a fifth of the clips."""

  labels = clips._labels(source)

  def share(balance):
    chances = clips._weights(labels, balance)[labels] / 10
    order = clips._Order(10, 8, chances, seed=0)
    return np.mean([order[position] >= 8 for position in range(4000)])

  assert share(1.0) == pytest.approx(0.5, abs=0.03) and share(0.5) == pytest.approx(1 / 3, abs=0.03)
  batch = batches(source, 1, data=dataclasses.replace(DATA, balance=1.0, batch_size=8))[0]
  assert 1 < batch["label"].sum() < 8


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_class_weights(source, power):
  """Of 8 and of 2 clips: the rare class weighs 4 ** power times as much; all together weigh what they do unweighted."""
  data = dataclasses.replace(DATA, class_weights=power, mixup_alpha=0.4)
  found = batches(source, 20, data=data)
  weight, label = (np.concatenate([batch[name] for batch in found]) for name in ("weight", "label"))
  assert weight.dtype == np.float32 and len(set(weight)) == 2
  common, rare = weight[label == 0][0], weight[label == 1][0]
  assert rare / common == pytest.approx(4**power) and (8 * common + 2 * rare) / 10 == pytest.approx(1)
  assert (weight == np.where(label, rare, common)).all()
  unweighted = batches(source, 3, data=dataclasses.replace(data, class_weights=0.0))
  for batch, plain in zip(found[:3], unweighted, strict=True):
    assert_equal({name: batch[name] for name in batch if name != "weight"}, plain)


def test_a_clip_in_place_of_a_broken_one_has_its_own_weight(tmp_path):
  source = write(tmp_path, [made(index, broken=index in (8, 9)) for index in range(NUM_CLIPS)])  # All of class 1.
  lenient = dataclasses.replace(DATA, skip_bad=True, class_weights=1.0)
  found = batches(source, 5, data=lenient)
  assert set(np.concatenate([batch["weight"] for batch in found])) == {np.float32(10 / 16)}


def test_stored_labels_are_taken_in_place_of_the_records(tmp_path, monkeypatch):
  """Where the split is a whole one, or some joined; in their order."""
  records = [made(index) for index in range(NUM_CLIPS)]
  splits = {"a": lambda: iter(records[:3]), "b": lambda: iter(records[3:])}
  labels = {name: [clip.label for clip in of()] for name, of in splits.items()}
  store.write_dataset(
    tmp_path, "small", "1.0.0", splits, None, ["a", "b"],
    kind="clips", splits={"train": "b+a", "few": "b[:50%]"}, notes={"labels": labels},
  )  # fmt: skip
  names = ("train", "a + b", "few", "b[3:]")
  opened = {split: store.open_dataset(tmp_path, "small", split, "clips") for split in names}
  read = {split: [of[index]["label"] for index in range(len(of))] for split, of in opened.items()}
  assert read["train"] == [0] * 5 + [1] * 2 + [0] * 3
  assert opened["few"].stored_labels() is None and opened["b[3:]"].stored_labels() is None
  for split, source in opened.items():
    np.testing.assert_array_equal(clips._labels(source), read[split])
  monkeypatch.setattr(store.Split, "__getitem__", None)
  for split in ("train", "a + b"):
    np.testing.assert_array_equal(clips._labels(opened[split]), read[split])
  opened["train"].metadata["labels"]["a"].append(0)
  with pytest.raises(ValueError, match="11 labels in the metadata of 10 records; build the dataset again"):
    opened["train"].stored_labels()


def test_crops_and_flips_are_random_in_training(tmp_path):
  ramp = np.broadcast_to(10 * np.arange(20)[None, None, :, None], (4, 16, 20, 3)).astype(np.uint8)
  video = encode(ramp, np.arange(4) / 4, "jpeg", 2)
  source = write(tmp_path, [made(0, video=video, num_frames=4) for _ in range(4)])
  found = np.concatenate([batch["video"] for batch in batches(source, 10)]).astype(int)
  rising = found[:, 0, 5, -1, 0] - found[:, 0, 5, 0, 0]
  assert (rising > 100).any() and (rising < -100).any()
  assert len(set(np.round(found[:, 0, 5, 0, 0] / 10))) > 5
  zoomed = dataclasses.replace(DATA, flip=False, scale=(0.3, 0.6))
  found = np.concatenate([batch["video"] for batch in batches(source, 6, data=zoomed)]).astype(int)
  rising = found[:, 0, 5, -1, 0] - found[:, 0, 5, 0, 0]
  assert (rising > 40).all() and rising.max() < 165 and np.ptp(rising) > 20


def test_sampling_in_training(source):
  video = np.concatenate([batch["video"] for batch in batches(source, 10)])
  frames = frames_of(video)
  assert all(set(column) == expected for column, expected in zip(frames.T, ({0, 1, 2}, {2, 3, 4, 5}, {5, 6, 7})))
  dense = dataclasses.replace(DATA, sampling="dense", stride=2)
  frames = np.concatenate([frames_of(batch["video"]) for batch in batches(source, 10, data=dense)])
  assert (np.diff(frames) == 2).all() and set(frames[:, 0]) == {0, 1, 2, 3}
  slower = dataclasses.replace(DATA, sampling="dense", target_fps=4)
  assert (np.diff(frames_of(batches(source, 1, data=slower)[0]["video"])) == 2).all()


def test_start_and_end(tmp_path):
  source = write(tmp_path, [made(index, start=0.25, end=0.625) for index in range(4)])
  frames = np.concatenate([frames_of(batch["video"]) for batch in batches(source, 10)])
  assert set(frames.ravel()) == {2, 3, 4}
  _, batch = next(DATA.eval_examples(source))
  np.testing.assert_array_equal(frames_of(batch["video"][0, 0]), [2, 3, 4])


def test_eval_examples_are_in_order_and_always_the_same(source):
  found = list(DATA.eval_examples(source))
  assert [record["id"] for record, _ in found] == [f"clip_{index}" for index in range(NUM_CLIPS)]
  assert "video" not in found[0][0] and found[0][0]["label"] == 0
  for index, (_, batch) in enumerate(found):
    assert batch["video"].shape == (1, 1, 3, 12, 14, 3) and batch["label"].tolist() == [int(index >= 8)]
    np.testing.assert_array_equal(frames_of(batch["video"][0, 0]), [1, 4, 6])
  second = list(DATA.eval_examples(source, 1, 2))
  assert [record["id"] for record, _ in second] == [f"clip_{index}" for index in (1, 3, 5, 7, 9)]


def test_several_views(source):
  data = dataclasses.replace(DATA, num_clips=2, num_crops=3, sampling="dense", crop=12)
  _, batch = next(data.eval_examples(source))
  assert batch["video"].shape == (1, 6, 3, 12, 12, 3)
  np.testing.assert_array_equal(frames_of(batch["video"][0]), [[0, 1, 2]] * 3 + [[5, 6, 7]] * 3)


def test_a_broken_clip_ends_the_run_or_is_replaced(partly_broken, caplog):
  with pytest.raises(VideoError, match="clip clip_[25] of .*config.data.skip_bad"):
    batches(partly_broken, 5)
  with pytest.raises(VideoError, match="clip clip_2 of .*config.data.skip_bad"):
    list(DATA.eval_examples(partly_broken))

  lenient = dataclasses.replace(DATA, skip_bad=True)
  with caplog.at_level(logging.WARNING, "jaxvid"):
    found = batches(partly_broken, 12, data=lenient)
  assert len(caplog.records) == 2 and "2 of 10 clips so far: clip clip_" in caplog.records[1].getMessage()
  assert not {2, 5} & set(np.concatenate([clips_of(batch) for batch in found]))
  for a, b in zip(batches(partly_broken, 3, data=dataclasses.replace(lenient), first_step=9), found[9:], strict=True):
    assert_equal(a, b)
  assert len(list(lenient.eval_examples(partly_broken))) == 8


def test_only_broken_clips(tmp_path):
  source = write(tmp_path, [made(index, broken=True) for index in range(4)])
  with pytest.raises(VideoError, match="20 clips in a row are broken"):
    batches(source, 1, data=dataclasses.replace(DATA, skip_bad=True))


def test_cached_frames_are_the_same(source):
  cached = dataclasses.replace(DATA, cache_decoded=True)
  for a, b in zip(batches(source, 6), batches(source, 6, data=cached), strict=True):
    assert_equal(a, b)
  for (_, a), (_, b) in zip(DATA.eval_examples(source), cached.eval_examples(source), strict=True):
    assert_equal(a, b)
  assert len(cached._reader(source)._cache) == NUM_CLIPS


def test_narrow_videos_grow_until_the_crop_fits(tmp_path):
  tall = encode([np.full((40, 16, 3), 9, np.uint8)] * 2, [0, 0.5], "jpeg")
  source = write(tmp_path, [made(0, video=tall, num_frames=2)] * 4)
  data = dataclasses.replace(DATA, short_side=12, crop=(12, 20))
  assert batches(source, 1, data=data)[0]["video"].shape == (4, 3, 12, 20, 3)


def test_made_up(tmp_path):
  data = dataclasses.replace(DATA, dataset="moving", made_up=dict(num_train=5, num_test=2, num_frames=4))
  assert len(data.open_split("test", tmp_path)) == 2
  with pytest.raises(ValueError, match="made_up.clips: nothing reads this key"):
    dataclasses.replace(data, made_up=dict(clips=3))


@pytest.mark.parametrize(
  "settings",
  [
    dict(sampling="sparse"),
    dict(short="pad"),
    dict(clip_len=0),
    dict(stride=0),
    dict(crop=17),
    dict(short_side=(20, 18)),
    dict(scale=(0.5, 0.2)),
    dict(target_fps=0),
    dict(balance=2),
    dict(class_weights=-0.1),
    dict(mixup_alpha=-1),
    dict(cache_decoded=True, short_side=(16, 20)),
  ],
)
def test_settings_that_are_none(settings):
  with pytest.raises(ValueError):
    dataclasses.replace(DATA, **settings)


def test_too_few_clips(source):
  with pytest.raises(ValueError, match="batch_size: a batch of 11 .* 10 clips"):
    batches(source, 1, data=dataclasses.replace(DATA, batch_size=11))
