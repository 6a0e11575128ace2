"""What the training loop asks of a task: the only place that knows what a batch means."""

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from jaxvid.array_types import Array
from jaxvid.build import TASKS, construct, constructor

# Of the computation; parameters and losses are float32.
DTYPES = ("float32", "bfloat16")

Batch = Mapping[str, Array]
Metrics = Mapping[str, Array]
State = Mapping[str, Array]


class AnyTask(Protocol):
  """A frozen dataclass of settings with pure, jittable methods."""

  def init_state(self) -> State:
    """What the loss carries from step to step; checkpointed with the parameters."""

  def inputs(self, batch: Batch) -> tuple[Array, ...]:
    """Positional arguments of the network."""

  def loss(self, outputs: Any, batch: Batch, state: State, train: bool) -> tuple[Array, Metrics, State]:
    """The loss, its parts for the log, and the new state."""

  def predict(self, outputs: Any, batch: Batch) -> Any:
    """Predictions of static shape with a validity mask."""


def build_network(model: Mapping[str, Any], num_classes: int, task: str = "localization") -> Any:
  """The network (a Linen module) that the section config.model describes, for a type of task and so many classes."""
  return construct(model_section(task), model, "config.model").build(num_classes)


def model_section(task: str) -> type:
  """The dataclass whose fields are the keys of config.model for a type of task."""
  constructor(TASKS, task, "config.task")  # Refuses a task that there is not.
  return importlib.import_module(f"{TASKS}.{task}").Model
