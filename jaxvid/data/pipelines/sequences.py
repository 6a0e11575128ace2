"""The pipeline of localization: from recordings of features on disk to batches of sequences.

The batch of a training step depends on the seed and the number of the step only: each epoch is a new global shuffle,
whose incomplete last batch is dropped, and process p of P takes every P-th example of each batch. So one integer, the
training step, tells the place in the data, with any number of processes.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import grain
import numpy as np

from jaxvid import time_grid
from jaxvid.data import store
from jaxvid.data.batches import check_shares, collate, example_features, num_full_batches
from jaxvid.data.crops import Crop, clip_to_features, random_crop
from jaxvid.data.resize import resize
from jaxvid.data.synthetic import dataset, recordings
from jaxvid.formats.contract import FeatureContract


@dataclasses.dataclass(frozen=True)
class Data:
  """Settings of sequences of features; the section config.data.

  Attributes:
    dataset: name of a dataset, or NAME/CONFIG, that data_prep.build has written.
    data_dir: folder of the datasets.
    train_split: the split to train on, an alias of the dataset or a TFDS split expression.
    batch_size: recordings in the batch of a training step, of all processes together.
    max_len: longer recordings are cropped to this many steps in training; a test sees them whole.
    buckets: lengths in steps that batches are padded to, each a multiple of the pyramid's largest stride.
    pad_multiple: recordings longer than all buckets are padded to a multiple of this, itself a multiple of the
      pyramid's largest stride; None: of the largest bucket.
    resize_to: resize every sequence to this many steps first (see jaxvid.data.resize); None: lengths stay.
    clip_to_features: in training, cut actions at the end of the features, and drop those with less than
      crop_min_overlap before it, as the reference does for ActivityNet and HACS, where some files miss frames.
    crop_ratio, crop_min_overlap, crop_window_margin: see jaxvid.data.crops.Crop.
    input_noise: standard deviation of noise added to the features in training.
    made_up: arguments of jaxvid.data.synthetic.recordings.write, for a made-up dataset below the workdir; None: a real
      one.
    num_threads: reading threads; 0 reads in the main thread.
    prefetch: batches that are read ahead.
  """

  KIND: ClassVar[str] = "sequences"

  dataset: str
  batch_size: int
  max_len: int
  buckets: tuple[int, ...]
  data_dir: str = "data"
  train_split: str = "train"
  pad_multiple: int | None = None
  resize_to: int | None = None
  clip_to_features: bool = False
  crop_ratio: tuple[float, float] | None = (0.9, 1.0)
  crop_min_overlap: float = 0.5
  crop_window_margin: str = "half_clip"
  input_noise: float = 0.0
  made_up: Mapping[str, Any] | None = None
  num_threads: int = 2
  prefetch: int = 4

  def __post_init__(self) -> None:
    dataset.check_settings(recordings.write, self.made_up)
    if self.pad_multiple is not None and self.pad_multiple < 1:
      raise ValueError(f"pad_multiple: {self.pad_multiple}; give 1 or more, or None for the largest bucket")
    if self.resize_to is not None and self.resize_to < 1:
      raise ValueError(f"resize_to: {self.resize_to} steps; give 1 or more, or None to leave sequences as they are")

  @property
  def crop(self) -> Crop:
    """How recordings are cropped in training."""
    return Crop(self.max_len, self.crop_ratio, self.crop_min_overlap, self.crop_window_margin)

  def open_split(self, split: str, workdir: str) -> store.Split:
    """Opens a split of the dataset; a made-up dataset is first written below `workdir`, if it is not there."""
    return dataset.open_split(self, recordings.write, split, workdir, self.KIND)

  def example_batch(self, contract: FeatureContract | None, steps: int | None = None) -> dict[str, np.ndarray]:
    """A batch of one to initialise a network with; default length: the shortest bucket."""
    return example_features(contract, steps or min(self.buckets))

  def prepare(self, record: Mapping[str, Any]) -> dict[str, Any]:
    """Prepares a recording for batching, in training, evaluation and prediction alike.

    Args:
      record: with the fields of `jaxvid.records.Record`; segments (N, 2) in seconds, N may be 0.

    Returns:
      The record, resized if `resize_to` is set, with segments in grid units of its (new) feat_stride and num_frames.
      `jaxvid.data.batches.collate([...], data.buckets, data.pad_multiple)` makes a batch of such records.
    """
    if self.resize_to is not None:
      record = resize(record, self.resize_to)
    timing = (record["fps"], record["feat_stride"], record["num_frames"])
    return dict(record, segments=time_grid.seconds_to_grid(record["segments"], *timing))

  def num_steps_per_epoch(self, source: store.Split) -> int:
    """Number of training steps in an epoch; raises ValueError where there are fewer recordings than batch_size."""
    return num_full_batches(len(source), self.batch_size, "recordings")

  def train_batches(
    self, source: store.Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[dict[str, np.ndarray]]:
    """Endless batches of `collate` from training step `first_step` on, `batch_size / num_processes` recordings each.

    With several processes every batch is padded to the largest bucket, since all must agree on its length.
    """
    check_shares(self.batch_size, num_processes)
    buckets = self.buckets if num_processes == 1 else (max(self.buckets),)
    used = self.num_steps_per_epoch(source) * self.batch_size
    # Random transforms come before the slices, so that their randomness does not depend on the number of processes.
    examples = grain.MapDataset.source(source).seed(seed).shuffle().map(self.prepare).random_map(_Augment(self))
    batches = (
      examples[:used][process::num_processes]
      .batch(
        self.batch_size // num_processes, drop_remainder=True, batch_fn=functools.partial(collate, buckets=buckets)
      )
      .repeat()
    )
    options = grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch)
    iterator = iter(batches.to_iter_dataset(options))
    iterator.set_state({"next_index": first_step})
    return iterator

  def num_eval_examples(self, source: store.Split) -> int:
    """Number of recordings in the split."""
    return len(source)

  def eval_examples(
    self, source: store.Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """This process's recordings, whole and in order: (record without its features, batch of one)."""

    def load(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
      """(record without its features, batch of one)."""
      batch = collate([self.prepare(record)], self.buckets, self.pad_multiple)
      return {name: value for name, value in record.items() if name != "features"}, batch

    dataset = grain.MapDataset.source(source)[process::num_processes].map(load)
    return iter(
      dataset.to_iter_dataset(grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch))
    )


@dataclasses.dataclass(frozen=True)
class _Augment(grain.transforms.RandomMap):
  """The random transforms of a recording in training: crop and noise."""

  data: Data

  def random_map(self, example: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Crops a recording and adds noise to its features, as the settings say."""
    if self.data.clip_to_features:
      example = clip_to_features(example, self.data.crop)
    example = random_crop(example, self.data.crop, rng)
    if self.data.input_noise:
      features = example["features"]
      noise = rng.normal(scale=self.data.input_noise, size=features.shape)
      example = dict(example, features=(features + noise).astype(features.dtype))
    return example
