"""The interface of a data pipeline, the path from a dataset on disk to batches."""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np

from jaxvid.data.store import Split
from jaxvid.formats.contract import FeatureContract

Batch = dict[str, np.ndarray]


class AnyData(Protocol):
  """A data pipeline: a frozen dataclass whose fields are the section config.data.

  The batch of a training step depends on the seed and the number of the step only, with any number of processes. So a
  checkpoint stores one integer, the training step, to go on at the right place in the data.

  Attributes:
    KIND: what the dataset holds, "sequences" (of features, with a feature contract) or "clips".
    dataset: name of the dataset.
    train_split: the split to train on, an alias of the dataset or a TFDS split expression.
    batch_size: examples in the batch of a training step, of all processes together.
  """

  KIND: ClassVar[str]

  @property
  def dataset(self) -> str: ...

  @property
  def train_split(self) -> str: ...

  @property
  def batch_size(self) -> int: ...

  def open_split(self, split: str, workdir: str) -> Split:
    """Opens a split of the dataset; a made-up dataset is first written below `workdir`, if it is not there."""

  def example_batch(self, contract: FeatureContract | None, steps: int | None = None) -> Batch:
    """A batch of one to initialise a network with, holding all that `AnyTask.inputs` reads.

    Args:
      contract: of the features; None for clips.
      steps: length of a sequence of features; default: from the settings.
    """

  def num_steps_per_epoch(self, source: Split) -> int:
    """Number of training steps in an epoch; raises ValueError where there are fewer examples than batch_size."""

  def train_batches(
    self, source: Split, seed: int, first_step: int = 0, process: int = 0, num_processes: int = 1
  ) -> Iterator[Batch]:
    """Endless batches from training step `first_step` on; of each, this process's `batch_size / num_processes` rows."""

  def num_eval_examples(self, source: Split) -> int:
    """Number of examples in an evaluation, of all processes together."""

  def eval_examples(
    self, source: Split, process: int = 0, num_processes: int = 1
  ) -> Iterator[tuple[dict[str, Any], Batch]]:
    """This process's examples in order: (record without the large arrays, batch of one)."""
