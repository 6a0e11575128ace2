"""The optimizer: AdamW with the decay groups of the public code, warm-up and cosine, clipping."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import flax.traverse_util
import jax.numpy as jnp
import optax

from jaxvid.array_types import Array
from jaxvid.build import ConfigError, construct


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
      rise = lr * step / max(warmup - 1, 1)
      progress = jnp.clip((step - warmup) / max(total - warmup, 1), 0, 1)
      fall = self.final_lr + 0.5 * (lr - self.final_lr) * (1 + jnp.cos(jnp.pi * progress))
      return jnp.where(step < warmup, rise, fall)

    return schedule


@dataclasses.dataclass(frozen=True)
class Optim:
  """The section config.optim.

  Attributes:
    lr: peak learning rate.
    schedule: type "warmup_cosine" and the arguments of `WarmupCosine`; its epochs are the length of the training.
    type: "adamw".
    weight_decay: decoupled, on the kernels of dense layers and convolutions only.
    betas, epsilon: of Adam.
    clip_norm: global norm to which gradients are clipped; None leaves them.
    ema: decay of the parameters' moving average, which starts from the initial parameters and is updated every step.
    ema_warmup: let the decay grow to `ema` as (1 + t) / (10 + t) does, so that the initial parameters are soon
      forgotten. False is the public code's constant decay: after t steps ema ** t of the average is still the random
      initialisation, a third of it after the 1,050 steps of the small HAPT configurations.
  """

  lr: float
  schedule: Mapping[str, Any]
  type: str = "adamw"
  weight_decay: float = 0.05
  betas: tuple[float, float] = (0.9, 0.999)
  epsilon: float = 1e-8
  clip_norm: float | None = 1.0
  ema: float = 0.999
  ema_warmup: bool = True

  def __post_init__(self):
    if self.type != "adamw":
      raise ConfigError(f'config.optim.type: no optimizer "{self.type}"; there are: adamw')
    if self.schedule.get("type") != "warmup_cosine":
      raise ConfigError(
        f'config.optim.schedule.type: no schedule "{self.schedule.get("type")}"; there are: warmup_cosine'
      )

  @property
  def epochs(self) -> int:
    return self._schedule.epochs

  @property
  def _schedule(self) -> WarmupCosine:
    values = {key: value for key, value in self.schedule.items() if key != "type"}
    return construct(WarmupCosine, values, "config.optim.schedule")

  def ema_decay(self, step: Array) -> Array:
    """Decay of the moving average in the update after `step` updates."""
    return jnp.minimum(self.ema, (1 + step) / (10 + step)) if self.ema_warmup else jnp.float32(self.ema)

  def make(self, steps_per_epoch: int) -> tuple[optax.GradientTransformation, optax.Schedule]:
    """The optimizer and its schedule, for epochs of so many steps."""
    schedule = self._schedule.make(self.lr, steps_per_epoch)
    adamw = optax.adamw(
      schedule, b1=self.betas[0], b2=self.betas[1], eps=self.epsilon, weight_decay=self.weight_decay, mask=decay_mask
    )
    clip = optax.clip_by_global_norm(self.clip_norm) if self.clip_norm else optax.identity()
    return optax.chain(clip, adamw), schedule


def decay_mask(params: Any) -> Any:
  """True at kernels, the parameters that decay: biases, norms, channel and level scales and position biases do not."""
  flat = flax.traverse_util.flatten_dict(params)
  return flax.traverse_util.unflatten_dict({path: path[-1] == "kernel" for path in flat})
