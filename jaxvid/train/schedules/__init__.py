"""The registry of learning rate schedules: each file defines a `Schedule`, a type of config.optim.schedule."""

from typing import Protocol

import optax

NOUN, ENTRY = "schedule", "Schedule"  # For jaxvid.build.


class AnySchedule(Protocol):
  """A learning rate schedule: a frozen dataclass of settings, without the training's length."""

  def make(self, lr: float, steps_per_epoch: int, epochs: int) -> optax.Schedule:
    """The function from training step to learning rate: `lr` at its peak, for a training of `epochs` epochs."""
