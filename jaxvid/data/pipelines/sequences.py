"""From recordings of features on disk to batches of sequences.

What a training step sees is a function of the seed and the step alone: each epoch is a new global shuffle, of which the
incomplete last batch is dropped, and process p of P takes every P-th example of each batch. So the position in the data
is one integer, the step, and holds for any number of processes.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import grain
import numpy as np

from jaxvid import time_grid
from jaxvid.data import store
from jaxvid.data.batches import check_shares, collate, example_features, full_batches
from jaxvid.data.crops import Crop, clip_to_features, random_crop
from jaxvid.data.resize import resize
from jaxvid.data.synthetic import dataset, recordings
from jaxvid.formats.contract import FeatureContract


@dataclasses.dataclass(frozen=True)
class Data:
  """The section config.data.

  Attributes:
    dataset: name of a dataset, or NAME/CONFIG, that data_prep.build has written.
    data_dir: folder of the datasets.
    train_split: aliases or TFDS split expressions; "train" where the dataset has one.
    batch_size: examples a step, of all processes together.
    max_len: longer recordings are cropped to this many steps in training; tests see them whole.
    buckets: lengths that batches are padded to; each a multiple of what the pyramid divides by. Recordings beyond the
      largest are padded to a multiple of it.
    pad_multiple: or to a multiple of this, if it is not None; it too has to suit the pyramid.
    resize_to: every sequence is first resized to this many steps (see jaxvid.data.resize); None leaves its length.
    clip_to_features: in training, first drop the actions of which less than crop_min_overlap lies within the features,
      and end the others with them, as the reference does for ActivityNet and HACS, where some files miss frames.
    crop_ratio, crop_min_overlap, crop_window_margin: see jaxvid.data.crops.Crop.
    input_noise: standard deviation of noise added to the features in training.
    made_up: arguments of jaxvid.data.synthetic.recordings.write; the dataset is then made up and written below the
      workdir.
    num_threads, prefetch: reading threads, and batches held ready.
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
    return Crop(self.max_len, self.crop_ratio, self.crop_min_overlap, self.crop_window_margin)

  def open_split(self, split: str, workdir: str) -> store.Split:
    """A split of the configured dataset; a made-up one is written below `workdir` first, where it is not there yet."""
    return dataset.open_split(self, recordings.write, split, workdir, self.KIND)

  def example_batch(self, contract: FeatureContract | None, steps: int | None = None) -> dict[str, np.ndarray]:
    """A batch of one as networks are initialised with: what tasks give to a network, by default as long as the shortest
    bucket."""
    return example_features(contract, steps or min(self.buckets))

  def prepare(self, record: Mapping[str, Any]) -> dict[str, Any]:
    """What training, evaluation and prediction do alike to a recording before it is batched.

    Args:
      record: with the fields of `jaxvid.records.Record`; segments (N, 2) in seconds, N may be 0.

    Returns:
      The record, resized, with its segments in grid units of the feat_stride and num_frames that it has now.
      `jaxvid.data.batches.collate([...], data.buckets, data.pad_multiple)` makes a batch of it.
    """
    if self.resize_to is not None:
      record = resize(record, self.resize_to)
    timing = (record["fps"], record["feat_stride"], record["num_frames"])
    return dict(record, segments=time_grid.seconds_to_grid(record["segments"], *timing))

  def num_steps_per_epoch(self, source: store.Split) -> int:
    return full_batches(len(source), self.batch_size, "recordings")

  def train_batches(
    self, source: store.Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[dict[str, np.ndarray]]:
    """Endless batches from step `first_step` on: this process's share of each, `batch_size / num_processes` examples.

    With several processes every batch is padded to the largest bucket, since all must agree on its length.
    """
    check_shares(self.batch_size, num_processes)
    buckets = self.buckets if num_processes == 1 else (max(self.buckets),)
    used = self.num_steps_per_epoch(source) * self.batch_size
    # Random transforms come before the slices: their randomness then follows the example, not the process that draws
    # it.
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
    return len(source)

  def eval_examples(
    self, source: store.Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """This process's recordings, whole and in order: (the record without its features, batch of one)."""

    def load(record):
      batch = collate([self.prepare(record)], self.buckets, self.pad_multiple)
      return {name: value for name, value in record.items() if name != "features"}, batch

    dataset = grain.MapDataset.source(source)[process::num_processes].map(load)
    return iter(
      dataset.to_iter_dataset(grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch))
    )


@dataclasses.dataclass(frozen=True)
class _Augment(grain.transforms.RandomMap):
  """Training's random transforms of one recording."""

  data: Data

  def random_map(self, example: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    if self.data.clip_to_features:
      example = clip_to_features(example, self.data.crop)
    example = random_crop(example, self.data.crop, rng)
    if self.data.input_noise:
      features = example["features"]
      noise = rng.normal(scale=self.data.input_noise, size=features.shape)
      example = dict(example, features=(features + noise).astype(features.dtype))
    return example
