"""Learning rates over a training. A file is a type of config.optim.schedule: `Schedule`."""

from typing import Protocol

import optax

NOUN, ENTRY = "schedule", "Schedule"  # For jaxvid.build.


class AnySchedule(Protocol):
  """A frozen dataclass of settings; how long the training is, it is told."""

  def make(self, lr: float, steps_per_epoch: int, epochs: int) -> optax.Schedule:
    """The learning rate of each training step: `lr` at its peak, over `epochs` epochs in all."""
