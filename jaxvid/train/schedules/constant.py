"""A linear warm-up, then one learning rate to the end."""

import dataclasses

import optax

from jaxvid.train.schedules.warmup import after_warmup

TINY = dict(warmup_epochs=1)  # For tests.


@dataclasses.dataclass(frozen=True)
class Schedule:
  """Rises to lr over the warm-up and stays there.

  Attributes:
    warmup_epochs: epochs of the warm-up; 0 for none.
  """

  warmup_epochs: int = 0

  def make(self, lr: float, steps_per_epoch: int, epochs: int) -> optax.Schedule:
    del epochs
    return after_warmup(lambda step: lr, lr, self.warmup_epochs * steps_per_epoch)
