"""The optimizer, its schedule, and which parameters decay, are slowed down or stay as they are."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import flax.traverse_util
import jax
import jax.numpy as jnp
import optax

from jaxvid.array_types import Array
from jaxvid.build import ConfigError, construct
from jaxvid.train import schedules

_TYPES = ("adamw", "adam", "sgd")


@dataclasses.dataclass(frozen=True)
class Optim:
  """The section config.optim.

  Attributes:
    lr: peak learning rate.
    schedule: a type and the arguments of a class in jaxvid.train.schedules; its epochs are the length of the training.
    type: "adamw", "adam" or "sgd".
    weight_decay: on the kernels of dense layers and convolutions only; decoupled for "adamw", added to the gradients
      (L2) for the others.
    betas, epsilon: of Adam.
    momentum: of SGD.
    clip_norm: global norm to which gradients are clipped; None leaves them.
    lr_scale: (pattern, factor) pairs: the learning rate of parameters whose path ("backbone/stage_1/...") the regular
      expression matches from its beginning is multiplied by the factor, that of the first pattern that matches. A
      factor of 0 leaves them as they are.
    ema: decay of the parameters' moving average, which starts from the initial parameters and is updated every step; 0
      for no averaging.
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
  momentum: float = 0.9
  clip_norm: float | None = 1.0
  lr_scale: tuple[tuple[str, float], ...] = ()
  ema: float = 0.999
  ema_warmup: bool = True

  def __post_init__(self):
    if self.type not in _TYPES:
      raise ConfigError(f'config.optim.type: no optimizer "{self.type}"; there are: {", ".join(_TYPES)}')
    if self.schedule.get("type") not in schedules.TYPES:
      raise ConfigError(
        f'config.optim.schedule.type: no schedule "{self.schedule.get("type")}"; there are: '
        f"{', '.join(schedules.TYPES)}"
      )

  @property
  def epochs(self) -> int:
    return self._schedule.epochs

  @property
  def _schedule(self) -> Any:
    values = {key: value for key, value in self.schedule.items() if key != "type"}
    return construct(schedules.TYPES[self.schedule["type"]], values, "config.optim.schedule")

  def ema_decay(self, step: Array) -> Array:
    """Decay of the moving average in the update after `step` updates."""
    return jnp.minimum(self.ema, (1 + step) / (10 + step)) if self.ema_warmup else jnp.float32(self.ema)

  def make(self, steps_per_epoch: int) -> tuple[optax.GradientTransformation, optax.Schedule]:
    """The optimizer and its schedule, for epochs of so many steps."""
    schedule = self._schedule.make(self.lr, steps_per_epoch)
    clip = optax.clip_by_global_norm(self.clip_norm) if self.clip_norm else optax.identity()
    decay = optax.add_decayed_weights(self.weight_decay, decay_mask)
    adam = optax.scale_by_adam(*self.betas, eps=self.epsilon)
    rule = {
      "adamw": (adam, decay),
      "adam": (decay, adam),
      "sgd": (decay, optax.trace(self.momentum)),
    }[self.type]
    scales = (_scale_by_path(self.lr_scale),) if self.lr_scale else ()
    return optax.chain(clip, *rule, *scales, optax.scale_by_learning_rate(schedule)), schedule


def decay_mask(params: Any) -> Any:
  """True at kernels, the parameters that decay: biases, norms, channel and level scales and position biases do not."""
  return _map_paths(lambda path: path.split("/")[-1] == "kernel", params)


def _scale_by_path(pairs):
  """Multiplies the updates of each parameter by its factor."""

  def factors(params):
    paths = list(flax.traverse_util.flatten_dict(params, sep="/"))
    for pattern, _ in pairs:
      if not any(re.match(pattern, path) for path in paths):
        raise ConfigError(f"config.optim.lr_scale: no parameter's path begins with {pattern!r}")
    return _map_paths(lambda path: next((factor for p, factor in pairs if re.match(p, path)), 1.0), params)

  def init(params):
    factors(params)  # Refuses patterns that match nothing.
    return optax.EmptyState()

  def update(updates, state, params=None):
    return jax.tree.map(lambda update, factor: factor * update, updates, factors(updates)), state

  return optax.GradientTransformation(init, update)


def _map_paths(function, params):
  flat = flax.traverse_util.flatten_dict(params, sep="/")
  return flax.traverse_util.unflatten_dict({path: function(path) for path in flat}, sep="/")
