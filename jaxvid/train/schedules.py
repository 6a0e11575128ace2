"""Learning rates over a training; a class here is a type of config.optim.schedule."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import optax


@dataclasses.dataclass(frozen=True)
class WarmupCosine:
  """Learning rate of step t: lr t / (W - 1) over the W warm-up steps (the first is 0), then a cosine down to final_lr.

  Attributes:
    warmup_epochs: W in epochs.
    epochs: of the whole training, the warm-up included.
    final_lr: where the cosine ends.
  """

  epochs: int
  warmup_epochs: int = 5
  final_lr: float = 0.0

  def make(self, lr: float, steps_per_epoch: int) -> optax.Schedule:
    warmup, total = self.warmup_epochs * steps_per_epoch, self.epochs * steps_per_epoch

    def schedule(step):
      progress = jnp.clip((step - warmup) / max(total - warmup, 1), 0, 1)
      fall = self.final_lr + 0.5 * (lr - self.final_lr) * (1 + jnp.cos(jnp.pi * progress))
      return jnp.where(step < warmup, _rise(lr, step, warmup), fall)

    return schedule


@dataclasses.dataclass(frozen=True)
class WarmupMultistep:
  """The same warm-up, then lr, multiplied by gamma at each milestone.

  Attributes:
    warmup_epochs, epochs: as above.
    milestones: in epochs after the warm-up.
    gamma: the factor.
  """

  epochs: int
  milestones: tuple[int, ...]
  warmup_epochs: int = 5
  gamma: float = 0.1

  def make(self, lr: float, steps_per_epoch: int) -> optax.Schedule:
    warmup = self.warmup_epochs * steps_per_epoch
    milestones = warmup + np.array(self.milestones, int) * steps_per_epoch

    def schedule(step):
      fall = lr * self.gamma ** (step >= milestones).sum()
      return jnp.where(step < warmup, _rise(lr, step, warmup), fall)

    return schedule


TYPES = {"warmup_cosine": WarmupCosine, "warmup_multistep": WarmupMultistep}


def _rise(lr, step, warmup):
  return lr * step / max(warmup - 1, 1)
