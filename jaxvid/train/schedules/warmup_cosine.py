"""A linear warm-up, then half a cosine."""

import dataclasses

import jax.numpy as jnp
import optax

from jaxvid.array_types import Array
from jaxvid.train.schedules.warmup import after_warmup

TINY = dict(warmup_epochs=1)  # For tests.


@dataclasses.dataclass(frozen=True)
class Schedule:
  """Rises to lr over the warm-up, then falls along a cosine to `final_lr` at the last epoch's end.

  Attributes:
    warmup_epochs: epochs of the warm-up, included in config.train.epochs.
    final_lr: learning rate at the end.
  """

  warmup_epochs: int = 5
  final_lr: float = 0.0

  def make(self, lr: float, steps_per_epoch: int, epochs: int) -> optax.Schedule:
    warmup, total = self.warmup_epochs * steps_per_epoch, epochs * steps_per_epoch

    def fall(step: Array) -> Array:
      progress = jnp.clip((step - warmup) / max(total - warmup, 1), 0, 1)
      return self.final_lr + 0.5 * (lr - self.final_lr) * (1 + jnp.cos(jnp.pi * progress))

    return after_warmup(fall, lr, warmup)
