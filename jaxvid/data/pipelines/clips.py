"""From clips of video on disk to batches of frames.

What a training step sees is a function of the seed and the step alone: each epoch is a new global order, of which the
incomplete last batch is dropped, and process p of P takes every P-th example of each batch. So the position in the data
is one integer, the step, and holds for any number of processes.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import grain
import numpy as np

from jaxvid.data import store
from jaxvid.data.batches import check_shares, full_batches
from jaxvid.data.clip_reader import ClipReader
from jaxvid.data.clip_views import Views
from jaxvid.data.synthetic import clips, dataset
from jaxvid.formats.contract import FeatureContract

# Streams of random numbers of one seed.
_ORDER, _EXAMPLE, _MIXUP = range(3)
_NO_END = 2**40  # Steps that no training reaches.


@dataclasses.dataclass(frozen=True)
class Data:
  """The section config.data.

  Attributes:
    dataset: name of a dataset of clips, or NAME/CONFIG, that data_prep.build has written.
    data_dir: folder of the datasets.
    train_split: aliases or TFDS split expressions.
    batch_size: examples a step, of all processes together.
    clip_len, sampling, stride, target_fps, short, jitter: frames of a clip, see jaxvid.data.clip_views.Views.
    short_side, crop, scale, flip: pixels of a clip, see there.
    num_clips, num_crops: views of a clip in a test, see there.
    flow: None for pictures, or a method of optical flow, see there. It is estimated as clips are read, unless the
      dataset holds it (data_prep.build NAME --flow=METHOD), which is what trains at a bearable speed.
    mixup_alpha: mixup with weights from Beta(alpha, alpha); 0 mixes nothing.
    balance: 0 draws every clip once an epoch; 1 draws all classes equally often, with replacement; in between, a class
      of n clips is drawn in proportion to n ** (1 - balance). Above 0 the labels of all clips are needed at the start:
      from datasets that do not keep them by themselves, every record is then read.
    class_weights: 0 weighs all examples of a batch alike; 1 all classes; in between, an example of a class of n clips
      weighs n ** -class_weights in the loss, times what makes the mean over the training clips 1. With mixup, an
      example weighs what its own class does. Needs the labels as `balance` does.
    skip_bad: a video that breaks is replaced by another one in training, and left out of a test, each time with a line
      in the log; otherwise it ends the run.
    cache_decoded: keep all decoded frames of the clips in memory, at their short side: for small datasets.
    made_up: arguments of jaxvid.data.synthetic.clips.write; the dataset is then made up and written below the workdir.
    num_threads, prefetch: reading threads, and batches held ready.
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
        raise ValueError(f"{name}: {getattr(self, name)} does not lie in [0, 1]")
    if self.mixup_alpha < 0:
      raise ValueError(f"mixup_alpha: {self.mixup_alpha}; give 0 for none, or more")
    if self.batch_size < 1 or self.num_threads < 0 or self.prefetch < 1:
      raise ValueError("batch_size, num_threads, prefetch: must be 1, 0 and 1 or more")
    low, high = self.views.short_sides
    if self.cache_decoded and low != high:
      raise ValueError("cache_decoded: frames of one size only are kept; give one number as short_side")

  @functools.cached_property
  def views(self) -> Views:
    fields = [field.name for field in dataclasses.fields(Views)]
    return Views(**{name: getattr(self, name) for name in fields})

  @functools.cached_property
  def _readers(self) -> dict[str, ClipReader]:
    return {}

  def _reader(self, source: store.Split) -> ClipReader:
    """One for all that reads this split, so that what it remembers is kept from one evaluation to the next."""
    new = ClipReader(source, self.views, self.skip_bad, self.cache_decoded)
    return self._readers.setdefault(repr(source), new)

  def open_split(self, split: str, workdir: str) -> store.Split:
    """A split of the configured dataset; a made-up one is written below `workdir` first, where it is not there yet."""
    return dataset.open_split(self, clips.write, split, workdir, self.KIND)

  def example_batch(self, contract: FeatureContract | None = None, steps: int | None = None) -> dict[str, np.ndarray]:
    """A batch of one as networks are initialised with; clips have no feature contract, and their length is clip_len."""
    del contract, steps
    shape = (1, self.clip_len, *self.views.crop_shape, self.views.channels)
    return {"video": np.broadcast_to(np.uint8(0), shape)}  # Has the shape and takes no memory.

  def num_steps_per_epoch(self, source: store.Split) -> int:
    return full_batches(len(source), self.batch_size, "clips")

  def train_batches(
    self, source: store.Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[dict[str, np.ndarray]]:
    """Endless batches from step `first_step` on: this process's share of each, `batch_size / num_processes` examples.

    Yields:
      video (b, clip_len, H, W, C) uint8, C = 3, or 2 of optical flow, and label (b,) int32; with class_weights also
      weight (b,) float32; with mixup also mix_weight (b,) float32, an example's own share, and mix_partner (b,) int32,
      its partner's row in the batch of all processes, process after process.
    """
    check_shares(self.batch_size, num_processes)
    labels = _labels(source) if self.balance or self.class_weights else None
    chances = _weights(labels, self.balance)[labels] / len(labels) if self.balance else None
    order = _Order(len(source), self.num_steps_per_epoch(source) * self.batch_size, chances, seed)
    of_class = _weights(labels, self.class_weights) if self.class_weights else None
    reader = self._reader(source)
    share = np.arange(process, self.batch_size, num_processes)  # This process's places in each batch.

    def batch(step):
      examples = []
      for position in step * self.batch_size + share:
        rng = np.random.default_rng([seed, _EXAMPLE, position])
        examples.append(reader.train_example(order[position], rng))
      values = {name: np.stack([example[name] for example in examples]) for name in examples[0]}
      if of_class is not None:  # Of the clip that is there: another one may stand for a broken one.
        values["weight"] = of_class[values["label"]].astype(np.float32)
      return values | self._mixup(seed, step, share, num_processes)

    steps = grain.MapDataset.range(_NO_END).map(batch)
    iterator = iter(
      steps.to_iter_dataset(grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch))
    )
    iterator.set_state({"next_index": first_step})
    return iterator

  def num_eval_examples(self, source: store.Split) -> int:
    return len(source)

  def eval_examples(
    self, source: store.Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """This process's clips in order: (the record without its video, batch of one).

    The batch holds video (1, V, clip_len, H, W, C) uint8, V = num_clips * num_crops views, and label (1,) int32.
    """
    indices = grain.MapDataset.range(len(source))[process::num_processes].map(self._reader(source).eval_example)
    options = grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch)
    return (found for found in indices.to_iter_dataset(options) if found[1] is not None)

  def _mixup(self, seed: int, step: int, share: slice, num_processes: int) -> dict[str, np.ndarray]:
    """The same partners, whatever the number of processes: only the rows are counted differently."""
    if not self.mixup_alpha:
      return {}
    rng = np.random.default_rng([seed, _MIXUP, step])
    weights = rng.beta(self.mixup_alpha, self.mixup_alpha, size=self.batch_size).astype(np.float32)
    partners = rng.permutation(self.batch_size)[share]
    rows = partners % num_processes * (self.batch_size // num_processes) + partners // num_processes
    return {"mix_weight": weights[share], "mix_partner": rows.astype(np.int32)}


class _Order:
  """Which clip stands at each position of an endless training: a function of the seed.

  `chances` are (N,), those of each clip to be drawn; None draws all once an epoch.
  """

  def __init__(self, num_clips: int, per_epoch: int, chances: np.ndarray | None, seed: int) -> None:
    self._num_clips, self._per_epoch, self._chances, self._seed = num_clips, per_epoch, chances, seed
    self._epoch = functools.lru_cache(maxsize=4)(self._draw)

  def __getitem__(self, position: int) -> int:
    epoch, place = divmod(int(position), self._per_epoch)
    return int(self._epoch(epoch)[place])

  def _draw(self, epoch: int) -> np.ndarray:
    rng = np.random.default_rng([self._seed, _ORDER, epoch])
    if self._chances is None:
      return rng.permutation(self._num_clips)
    return rng.choice(self._num_clips, size=self._per_epoch, p=self._chances)


def _labels(source: store.Split) -> np.ndarray:
  """(N,) int."""
  stored = source.stored_labels()
  return np.array([source[index]["label"] for index in range(len(source))]) if stored is None else stored


def _weights(labels: np.ndarray, power: float) -> np.ndarray:
  """(K,) n ** -power of each class of n clips, times what makes the mean over the clips 1; 0 of classes without any."""
  counts = np.bincount(labels)
  weights = np.where(counts, np.maximum(counts, 1) ** -float(power), 0.0)
  return weights / weights[labels].mean()
