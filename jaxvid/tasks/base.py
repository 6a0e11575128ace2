"""What the training loop asks of a task: the only place that knows what a batch means."""

from collections.abc import Mapping
from typing import Any, Protocol

from jaxvid.array_types import Array

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
