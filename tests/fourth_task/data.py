"""Made-up sequences with a label for every step, and batches of them."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from jaxvid.data import batches, store
from jaxvid.data.synthetic import dataset
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Record

CLASSES = ("reach", "hold", "release")
_DIM, _LENGTHS, _ACTION_LENGTHS = 6, (30, 48), (4, 9)  # Steps of a recording, and of an action.


@dataclasses.dataclass(frozen=True)
class Data:
  """The section config.data.

  Attributes:
    dataset: its name.
    train_split: a split of it.
    batch_size: sequences a step.
    max_len: length that they are padded to.
    num_train, num_test: recordings to be made up.
    noise: standard deviation of what is added to the features.
  """

  KIND: ClassVar[str] = "sequences"

  dataset: str = "segmented"
  train_split: str = "train"
  batch_size: int = 8
  max_len: int = 48
  num_train: int = 24
  num_test: int = 4
  noise: float = 0.5

  def open_split(self, split: str, workdir: str) -> store.Split:
    folder = pathlib.Path(workdir) / "made_up"
    dataset.write_once(
      folder,
      self.dataset,
      "1.0.0",
      dict(seed=0, num_train=self.num_train, num_test=self.num_test, noise=self.noise),
      _records,
      contract=FeatureContract("made up", "", 1.0, 1.0, 1.0, _DIM, "none"),
      class_names=CLASSES,
    )
    return store.open_dataset(folder, self.dataset, split, kind=self.KIND)

  def example_batch(self, contract: FeatureContract | None, steps: int | None = None) -> dict[str, np.ndarray]:
    return batches.example_features(contract, steps or self.max_len)

  def num_steps_per_epoch(self, source: store.Split) -> int:
    return len(source) // self.batch_size

  def train_batches(
    self, source: store.Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[dict[str, np.ndarray]]:
    for step in itertools.count(first_step):
      epoch, place = divmod(step, self.num_steps_per_epoch(source))
      order = np.random.default_rng((seed, epoch)).permutation(len(source))
      chosen = order[place * self.batch_size : (place + 1) * self.batch_size][process::num_processes]
      yield self._batch([source[int(i)] for i in chosen])

  def num_eval_examples(self, source: store.Split) -> int:
    return len(source)

  def eval_examples(
    self, source: store.Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    for i in range(process, len(source), num_processes):
      yield {"id": source[i]["id"], "step_labels": _step_labels(source[i])}, self._batch([source[i]])

  def _batch(self, records: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    features = np.zeros((len(records), self.max_len, _DIM), np.float32)
    labels = np.full((len(records), self.max_len), -1, np.int32)
    for row, record in enumerate(records):
      features[row, : len(record["features"])] = record["features"]
      labels[row, : len(record["features"])] = _step_labels(record)
    return {"features": features, "mask": labels >= 0, "step_labels": labels}


def _records(seed: int, num_records: int, noise: float, first: int) -> Iterator[Record]:
  """Actions without gaps between them; features point into a direction of the action, beside noise."""
  for number in range(first, first + num_records):
    rng = np.random.default_rng([seed, number])
    length = int(rng.integers(*_LENGTHS))
    ends = np.cumsum(rng.integers(*_ACTION_LENGTHS, size=length))
    ends = np.append(ends[ends < length], length).astype(float)
    segments = np.stack([np.append(0.0, ends[:-1]), ends], axis=1)
    labels = (rng.integers(len(CLASSES)) + np.arange(len(ends))) % len(CLASSES)
    steps = np.repeat(labels, np.diff(segments, axis=1)[:, 0].astype(int))
    features = np.eye(_DIM)[steps] + noise * rng.normal(size=(length, _DIM))
    yield Record(f"recording_{number}", features, segments, labels, 1.0, 1.0, 1.0, float(length))


def _step_labels(record: dict[str, Any]) -> np.ndarray:
  """(T,) int32: the action at the middle of each step."""
  middles = np.arange(len(record["features"])) + 0.5
  return record["labels"][np.searchsorted(record["segments"][:, 1], middles)]
