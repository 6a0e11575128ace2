"""What the rest of jaxvid asks of a data pipeline: the path from a dataset on disk to batches."""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np

from jaxvid.data.store import Split
from jaxvid.formats.contract import FeatureContract

Batch = dict[str, np.ndarray]


class AnyData(Protocol):
  """The section config.data: a frozen dataclass of settings.

  What a training step sees is a function of the seed and the step alone, for any number of processes, so the position
  in the data is one integer.

  Attributes:
    KIND: what the dataset holds, "sequences" (of features, with a feature contract) or "clips".
    dataset: its name.
    train_split: what to train on, an alias of the dataset or a TFDS split expression.
    batch_size: examples a step, of all processes together.
  """

  KIND: ClassVar[str]

  @property
  def dataset(self) -> str: ...

  @property
  def train_split(self) -> str: ...

  @property
  def batch_size(self) -> int: ...

  def open_split(self, split: str, workdir: str) -> Split:
    """A split of the dataset; a made-up one is written below `workdir` first, where it is not there yet."""

  def example_batch(self, contract: FeatureContract | None, steps: int | None = None) -> Batch:
    """A batch of one that has all that `AnyTask.inputs` reads, in the shapes that networks are initialised with.

    Args:
      contract: of the features; None for clips.
      steps: length of a sequence of features; by default what the settings say.
    """

  def num_steps_per_epoch(self, source: Split) -> int:
    """Training steps; ValueError if there are fewer examples than one batch takes."""

  def train_batches(
    self, source: Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[Batch]:
    """Endless batches from step `first_step` on: this process's share of each, `batch_size / num_processes` rows."""

  def num_eval_examples(self, source: Split) -> int:
    """How many examples an evaluation sees, of all processes together."""

  def eval_examples(
    self, source: Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], Batch]]:
    """This process's examples in order: (what is known of the example beside its arrays, a batch of one)."""
