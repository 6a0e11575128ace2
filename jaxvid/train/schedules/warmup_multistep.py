"""A linear warm-up, then a constant rate that falls at milestones."""

import dataclasses

import numpy as np
import optax

from jaxvid.train.schedules.warmup import after_warmup

TINY = dict(milestones=(2, 3), warmup_epochs=1)  # For tests.


@dataclasses.dataclass(frozen=True)
class Schedule:
  """Rises to lr over the warm-up, then is multiplied by `gamma` at each milestone.

  Attributes:
    milestones: epochs after the warm-up.
    warmup_epochs: epochs of the warm-up, included in config.train.epochs.
    gamma: the factor.
  """

  milestones: tuple[int, ...]
  warmup_epochs: int = 5
  gamma: float = 0.1

  def make(self, lr: float, steps_per_epoch: int, epochs: int) -> optax.Schedule:
    del epochs
    warmup = self.warmup_epochs * steps_per_epoch
    milestones = warmup + np.array(self.milestones, int) * steps_per_epoch
    return after_warmup(lambda step: lr * self.gamma ** (step >= milestones).sum(), lr, warmup)
