"""The pipeline of anticipation: from recordings of features on disk to batches of observation windows, one an action.

A window here is an observation window. The batch of a training step depends on the seed and the number of the step
only, as in jaxvid.data.pipelines.sequences.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import grain
import numpy as np

from jaxvid.data import observation, store
from jaxvid.data.batches import check_shares, example_features, num_full_batches
from jaxvid.data.synthetic import dataset, routines
from jaxvid.formats.contract import FeatureContract

SHORT = ("mask", "drop")
TARGETS = ("ongoing", "next")
_KNOWN = ("id", "index", "segment_id", "time")  # Fields of a window that are not given to the network.


@dataclasses.dataclass(frozen=True)
class Data:
  """Settings of observation windows; the section config.data.

  All features of a split are kept in memory, in the stored dtype: EPIC-Kitchens-100 takes 2.9 GB at 4 steps a second of
  1,024 float16.

  Attributes:
    dataset: name of a dataset of sequences, or NAME/CONFIG, that data_prep.build has written.
    data_dir: folder of the datasets.
    train_split: the split to train on, an alias of the dataset or a TFDS split expression.
    batch_size: windows in the batch of a training step, of all processes together.
    tau_a: anticipation time in seconds, from the end of the window to the start of the action.
    tau_o: length of the window in seconds, a multiple of `every`.
    every: seconds from one step of the window to the next.
    targets: action that each step of a window anticipates: the one that is "ongoing" tau_a later, or the one that
      starts "next". The last step always anticipates the window's own action.
    short: what is done with a window that begins before the recording does: its missing steps are padded and masked
      ("mask"), or it is left out and counted ("drop").
    input_noise: standard deviation of noise added to the features in training.
    made_up: arguments of jaxvid.data.synthetic.routines.write, for a made-up dataset below the workdir; None: a real
      one.
    num_threads: reading threads; 0 reads in the main thread.
    prefetch: batches that are read ahead.
  """

  KIND: ClassVar[str] = "sequences"

  dataset: str
  batch_size: int
  tau_a: float
  tau_o: float
  every: float
  data_dir: str = "data"
  train_split: str = "train"
  targets: str = "ongoing"
  short: str = "mask"
  input_noise: float = 0.0
  made_up: Mapping[str, Any] | None = None
  num_threads: int = 2
  prefetch: int = 4

  def __post_init__(self) -> None:
    dataset.check_settings(routines.write, self.made_up)
    if self.short not in SHORT or self.targets not in TARGETS:
      raise ValueError(f"short {self.short!r} must be {' or '.join(SHORT)}, targets {self.targets!r} must be "
                       f"{' or '.join(TARGETS)}")  # fmt: skip
    if not (self.tau_a >= 0 and self.every > 0 and self.num_steps >= 1):
      raise ValueError(
        f"tau_a {self.tau_a} must be 0 or more, every {self.every} more than 0, tau_o {self.tau_o} at least as long as "
        "every"
      )
    if abs(self.num_steps * self.every - self.tau_o) > 1e-6:
      raise ValueError(f"tau_o {self.tau_o} is no multiple of every {self.every}; a window has a whole number of steps")

  @property
  def num_steps(self) -> int:
    """Steps of a window."""
    return round(self.tau_o / self.every)

  def open_split(self, split: str, workdir: str) -> store.Split:
    """Opens a split of the dataset; a made-up dataset is first written below `workdir`, if it is not there."""
    return dataset.open_split(self, routines.write, split, workdir, self.KIND)

  def example_batch(self, contract: FeatureContract | None, steps: int | None = None) -> dict[str, np.ndarray]:
    """A batch of one to initialise a network with; default length: a window."""
    steps = steps or self.num_steps
    return {**example_features(contract, steps), "step_labels": np.full((1, steps), -1, np.int32)}

  def windows(self, source: store.Split) -> "Windows":
    """The windows of a split; read once, then kept in memory."""
    if repr(source) not in self._windows:
      self._windows[repr(source)] = Windows(source, self)
    return self._windows[repr(source)]

  def num_steps_per_epoch(self, source: store.Split) -> int:
    """Number of training steps in an epoch; raises ValueError where there are fewer windows than batch_size."""
    return num_full_batches(len(self.windows(source)), self.batch_size, "windows")

  def num_eval_examples(self, source: store.Split) -> int:
    """Number of windows in the split, without those that `short` leaves out."""
    return len(self.windows(source))

  def num_dropped(self, source: store.Split) -> int:
    """Number of windows that `short` leaves out."""
    return self.windows(source).num_dropped

  def train_batches(
    self, source: store.Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[dict[str, np.ndarray]]:
    """Endless batches from training step `first_step` on; of each, this process's `batch_size / num_processes` windows.

    Yields:
      features (b, N, C) float32, mask (b, N) bool, label (b,) int32 of the window's action, and step_labels (b, N)
      int32 of the action that each step of the window anticipates, -1 where there is none. Where the metadata have the
      verb and noun of each action, also step_verbs and step_nouns (b, N).
    """
    check_shares(self.batch_size, num_processes)
    used = self.num_steps_per_epoch(source) * self.batch_size
    examples = grain.MapDataset.source(self.windows(source)).seed(seed).shuffle()
    if self.input_noise:
      examples = examples.random_map(self._add_noise)
    batches = (
      examples[:used][process::num_processes]
      .map(lambda example: {name: value for name, value in example.items() if name not in _KNOWN})
      .batch(self.batch_size // num_processes, drop_remainder=True)
      .repeat()
    )
    options = grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch)
    iterator = iter(batches.to_iter_dataset(options))
    iterator.set_state({"next_index": first_step})
    return iterator

  def eval_examples(
    self, source: store.Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """This process's windows in order: (record of the window, batch of one as in train_batches).

    The record has "id" of the recording, "index" of the window, "segment_id" ("" where there is none), "time", the
    second at which the action starts, and "label".
    """

    def separate(example: dict[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
      """(record of the window, batch of one)."""
      known = {name: example[name] for name in _KNOWN} | {"label": int(example["label"])}
      return known, {name: value[None] for name, value in example.items() if name not in _KNOWN}

    dataset = grain.MapDataset.source(self.windows(source))[process::num_processes].map(separate)
    options = grain.ReadOptions(num_threads=self.num_threads, prefetch_buffer_size=self.prefetch)
    return iter(dataset.to_iter_dataset(options))

  @functools.cached_property
  def _windows(self) -> dict[str, "Windows"]:
    """The windows that have been read, by split."""
    return {}

  def _add_noise(self, example: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Adds noise to the features of the steps that are there."""
    noise = rng.normal(scale=self.input_noise, size=example["features"].shape).astype(np.float32)
    return dict(example, features=np.where(example["mask"][:, None], example["features"] + noise, 0))


class Windows:
  """The observation windows of a split: a random-access source of examples.

  Attributes:
    num_dropped: number of windows that were left out because they begin before their recording.
  """

  def __init__(self, source: store.Split, data: Data) -> None:
    """Reads all records into memory."""
    self._data, self._records, self._places, self.num_dropped = data, [], [], 0
    parts = source.metadata.get("anticipation", {})
    self._parts = {
      f"step_{part}s": np.array(parts[f"action_{part}"], np.int32)
      for part in ("verb", "noun")
      if f"action_{part}" in parts
    }
    for index in range(len(source)):
      record = dict(source[index])
      record["ends"] = observation.step_ends(record)
      self._records.append(record)
      for segment, (start, _) in enumerate(record["segments"]):
        if data.short == "drop" and self._steps(record, start)[1].min() < 0:
          self.num_dropped += 1
        else:
          self._places.append((index, segment))
    if not self._places:
      raise ValueError(f"{source!r}: no action has enough past for a window of {data.tau_o} s that ends {data.tau_a} s "
                       "before it. Shorten config.data.tau_o, or set config.data.short=mask.")  # fmt: skip

  def __len__(self) -> int:
    return len(self._places)

  def __getitem__(self, index: int) -> dict[str, Any]:
    """A row of the batch for one window, and the fields of its record."""
    which, segment = self._places[index]
    record = self._records[which]
    start, label = float(record["segments"][segment, 0]), record["labels"][segment]
    times, steps = self._steps(record, start)
    mask = steps >= 0
    features = np.where(mask[:, None], record["features"][np.maximum(steps, 0)], 0).astype(np.float32)
    targets = observation.targets_at(times, record["segments"], record["labels"], self._data.tau_a, self._data.targets)
    targets = np.where(mask, targets, np.int32(-1))
    # The last step anticipates the window's own action, also where others start at once or no step is there.
    targets[-1] = label
    names = record.get("segment_ids", ())
    return {
      "features": features,
      "mask": mask,
      "label": np.int32(label),
      "step_labels": targets,
      **{name: np.where(targets < 0, -1, of_action[targets]) for name, of_action in self._parts.items()},
      "id": record["id"],
      "index": index,
      "segment_id": names[segment] if names else "",
      "time": start,
    }

  def visible_actions(self, index: int) -> np.ndarray:
    """Label (N,) int32 of the action that goes on in the middle of the frames that each step of a window sees.

    -1 where there is no action, and for steps before the recording began.
    """
    which, segment = self._places[index]
    record = self._records[which]
    _, steps = self._steps(record, float(record["segments"][segment, 0]))
    middles = record["ends"][np.maximum(steps, 0)] - record["num_frames"] / record["fps"] / 2
    labels = observation.targets_at(middles, record["segments"], record["labels"], 0.0, "ongoing")
    return np.where(steps >= 0, labels, np.int32(-1))

  def _steps(self, record: Mapping[str, Any], start: float) -> Any:
    """Times (N,) of a window's steps, and the steps of the record (N,) that they see, -1 for none."""
    times = observation.window_times(start, self._data.tau_a, self._data.tau_o, self._data.every)
    return times, observation.steps_at(times, record["ends"])
