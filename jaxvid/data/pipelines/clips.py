"""The pipeline of recognition: from clips of video on disk to batches of frames.

The batch of a training step depends on the seed and the number of the step only: each epoch is a new global order,
whose incomplete last batch is dropped, and process p of P takes every P-th example of each batch. So one integer, the
training step, tells the place in the data, with any number of processes.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import grain
import numpy as np

from jaxvid.data import store
from jaxvid.data.batches import check_shares, num_full_batches
from jaxvid.data.clip_reader import ClipReader
from jaxvid.data.clip_views import Views
from jaxvid.data.synthetic import clips, dataset
from jaxvid.formats.contract import FeatureContract

# Independent streams of random numbers from one seed.
_ORDER, _EXAMPLE, _MIXUP = range(3)
_NO_END = 2**40  # More training steps than any run has.


@dataclasses.dataclass(frozen=True)
class Data:
  """Settings of clips; the section config.data.

  Attributes:
    dataset: name of a dataset of clips, or NAME/CONFIG, that data_prep.build has written.
    data_dir: folder of the datasets.
    train_split: the split to train on, an alias of the dataset or a TFDS split expression.
    batch_size: clips in the batch of a training step, of all processes together.
    clip_len, sampling, stride, target_fps, short, jitter: choice of frames, see jaxvid.data.clip_views.Views.
    short_side, crop, scale, flip: choice of pixels, see there.
    num_clips, num_crops: views of a clip in a test, see there.
    flow: None for pictures, or a method of optical flow, see there. Flow that the dataset does not store is estimated
      as clips are read, which is slow; `jaxvid build NAME --flow=METHOD` stores it.
    mixup_alpha: mixup with weights from Beta(alpha, alpha); 0: no mixup.
    balance: 0: every clip is drawn once an epoch; 1: all classes are drawn equally often, with replacement; in between,
      a class of n clips is drawn in proportion to n ** (1 - balance). Above 0 the labels of all clips are needed at the
      start; every record is read if the dataset's metadata do not have them.
    class_weights: power of the class weights in the loss: a clip of a class of n clips weighs n ** -class_weights,
      scaled so that the mean over the training clips is 1. 0: all clips weigh the same; 1: all classes do. With mixup
      the weight is that of the clip's own class. Needs the labels as `balance` does.
    skip_bad: replace a broken video by another one in training and leave it out of a test, with a warning in the log;
      False: a broken video ends the run.
    cache_decoded: keep all decoded frames in memory, resized to the short side; for small datasets.
    made_up: arguments of jaxvid.data.synthetic.clips.write, for a made-up dataset below the workdir; None: a real one.
    num_threads: reading threads; 0 reads in the main thread.
    prefetch: batches that are read ahead.
  """

  KIND: ClassVar[str] = "clips"

  dataset: str
  batch_size: int
  clip_len: int
  short_side: int | tuple[int, int]
  crop: int | tuple[int, int]
  data_dir: str = "data"
  train_split: str = "train"
  sampling: str = "uniform"
  stride: float = 1
  target_fps: float | None = None
  short: str = "repeat_last"
  jitter: bool = False
  scale: tuple[float, float] | None = None
  flip: bool = True
  num_clips: int = 1
  num_crops: int = 1
  flow: str | None = None
  mixup_alpha: float = 0.0
  balance: float = 0.0
  class_weights: float = 0.0
  skip_bad: bool = False
  cache_decoded: bool = False
  made_up: Mapping[str, Any] | None = None
  num_threads: int = 2
  prefetch: int = 4

  def __post_init__(self) -> None:
    dataset.check_settings(clips.write, self.made_up)
    for name in ("balance", "class_weights"):
      if not 0 <= getattr(self, name) <= 1:
        raise ValueError(f"{name}: {getattr(self, name)}; give a number in [0, 1]")
    if self.mixup_alpha < 0:
      raise ValueError(f"mixup_alpha: {self.mixup_alpha}; give 0 for no mixup, or more than 0")
    if self.batch_size < 1 or self.num_threads < 0 or self.prefetch < 1:
      raise ValueError(
        f"batch_size {self.batch_size} must be 1 or more, num_threads {self.num_threads} 0 or more, prefetch "
        f"{self.prefetch} 1 or more"
      )
    low, high = self.views.short_sides
    if self.cache_decoded and low != high:
      raise ValueError(
        f"cache_decoded: holds frames of one size only; give one number as short_side, not {self.short_side}"
      )

  @functools.cached_property
  def views(self) -> Views:
    """How clips are sampled, resized, cropped and flipped."""
    fields = [field.name for field in dataclasses.fields(Views)]
    return Views(**{name: getattr(self, name) for name in fields})

  @functools.cached_property
  def _readers(self) -> dict[str, ClipReader]:
    """The readers in use, by split."""
    return {}

  def _reader(self, source: store.Split) -> ClipReader:
    """The reader of a split, always the same one: it keeps decoded frames and the broken clips it has met."""
    new = ClipReader(source, self.views, self.skip_bad, self.cache_decoded)
    return self._readers.setdefault(repr(source), new)

  def open_split(self, split: str, workdir: str) -> store.Split:
    """Opens a split of the dataset; a made-up dataset is first written below `workdir`, if it is not there."""
    return dataset.open_split(self, clips.write, split, workdir, self.KIND)

  def example_batch(self, contract: FeatureContract | None = None, steps: int | None = None) -> dict[str, np.ndarray]:
    """A batch of one to initialise a network with; both arguments are for sequences of features."""
    del contract, steps
    shape = (1, self.clip_len, *self.views.crop_shape, self.views.channels)
    return {"video": np.broadcast_to(np.uint8(0), shape)}  # Has the shape and takes no memory.

  def num_steps_per_epoch(self, source: store.Split) -> int:
    """Number of training steps in an epoch; raises ValueError where there are fewer clips than batch_size."""
    return num_full_batches(len(source), self.batch_size, "clips")

  def train_batches(
    self, source: store.Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[dict[str, np.ndarray]]:
    """Endless batches from training step `first_step` on; of each, this process's `batch_size / num_processes` clips.

    Yields:
      video (b, clip_len, H, W, C) uint8, C = 3, or 2 for optical flow, and label (b,) int32. With class_weights also
      weight (b,) float32. With mixup also mix_weight (b,) float32, a clip's own share, and mix_partner (b,) int32, the
      row of its partner in the batch of all processes, the processes' rows one after the other.
    """
    check_shares(self.batch_size, num_processes)
    labels = _labels(source) if self.balance or self.class_weights else None
    chances = _weights(labels, self.balance)[labels] / len(labels) if self.balance else None
    order = _Order(len(source), self.num_steps_per_epoch(source) * self.batch_size, chances, seed)
    of_class = _weights(labels, self.class_weights) if self.class_weights else None
    reader = self._reader(source)
    share = np.arange(process, self.batch_size, num_processes)  # This process's places in each batch.

    def batch(step: int) -> dict[str, np.ndarray]:
      """This process's rows of the batch of a training step."""
      examples = []
      for position in step * self.batch_size + share:
        rng = np.random.default_rng([seed, _EXAMPLE, position])
        examples.append(reader.train_example(order[position], rng))
      values = {name: np.stack([example[name] for example in examples]) for name in examples[0]}
      if of_class is not None:  # The label read: another clip may stand in for a broken one.
        values["weight"] = of_class[values["label"]].astype(np.float32)
      return values | self._mixup(seed, step, share, num_processes)

    steps = grain.MapDataset.range(_NO_END).map(batch)
    iterator = iter(
      steps.to_iter_dataset(grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch))
    )
    iterator.set_state({"next_index": first_step})
    return iterator

  def num_eval_examples(self, source: store.Split) -> int:
    """Number of clips in the split."""
    return len(source)

  def eval_examples(
    self, source: store.Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """This process's clips in order: (record without its video, batch of one).

    The batch holds video (1, V, clip_len, H, W, C) uint8, V = num_clips * num_crops views, and label (1,) int32.
    """
    indices = grain.MapDataset.range(len(source))[process::num_processes].map(self._reader(source).eval_example)
    options = grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch)
    return (found for found in indices.to_iter_dataset(options) if found[1] is not None)

  def _mixup(self, seed: int, step: int, share: slice, num_processes: int) -> dict[str, np.ndarray]:
    """mix_weight (b,) and mix_partner (b,) of a training step, see `train_batches`; empty without mixup.

    The partners do not depend on the number of processes; only their rows are counted differently.
    """
    if not self.mixup_alpha:
      return {}
    rng = np.random.default_rng([seed, _MIXUP, step])
    weights = rng.beta(self.mixup_alpha, self.mixup_alpha, size=self.batch_size).astype(np.float32)
    partners = rng.permutation(self.batch_size)[share]
    rows = partners % num_processes * (self.batch_size // num_processes) + partners // num_processes
    return {"mix_weight": weights[share], "mix_partner": rows.astype(np.int32)}


class _Order:
  """Order of the clips in an endless training: index of the clip at each place, determined by the seed."""

  def __init__(self, num_clips: int, per_epoch: int, chances: np.ndarray | None, seed: int) -> None:
    """Args:
    num_clips: N clips in the split.
    per_epoch: how many of them an epoch takes.
    chances: (N,) probability of each clip; None: every clip once an epoch.
    seed: of the run.
    """
    self._num_clips, self._per_epoch, self._chances, self._seed = num_clips, per_epoch, chances, seed
    self._epoch = functools.lru_cache(maxsize=4)(self._draw)

  def __getitem__(self, position: int) -> int:
    epoch, place = divmod(int(position), self._per_epoch)
    return int(self._epoch(epoch)[place])

  def _draw(self, epoch: int) -> np.ndarray:
    """Indices of the clips of an epoch, in order."""
    rng = np.random.default_rng([self._seed, _ORDER, epoch])
    if self._chances is None:
      return rng.permutation(self._num_clips)
    return rng.choice(self._num_clips, size=self._per_epoch, p=self._chances)


def _labels(source: store.Split) -> np.ndarray:
  """Labels (N,) of a split, from the metadata or, without these, from every record."""
  stored = source.stored_labels()
  return np.array([source[index]["label"] for index in range(len(source))]) if stored is None else stored


def _weights(labels: np.ndarray, power: float) -> np.ndarray:
  """Weights of the K classes: n ** -power for n clips, scaled to mean 1 over the clips; 0 for classes without one."""
  counts = np.bincount(labels)
  weights = np.where(counts, np.maximum(counts, 1) ** -float(power), 0.0)
  return weights / weights[labels].mean()
