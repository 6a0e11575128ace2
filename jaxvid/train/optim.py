"""The optimizer with its schedule, weight decay, and learning rates by parameter.

Optimizers are optax's, by their names there ("adamw", "sgd", "lion", "muon", ...), with their own settings.
"""

import dataclasses
import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import flax.traverse_util
import jax
import jax.numpy as jnp
import optax
import optax.contrib

from jaxvid.array_types import Array
from jaxvid.build import SCHEDULES, ConfigError, build

# Arguments of optax's functions that are not settings: `Optim.make` gives them, or leaves them out.
_GIVEN = ("learning_rate", "weight_decay", "mask", "weight_decay_mask", "muon_weight_dimension_numbers")
# Names that do not work as optimizers here: they need the loss or other parameters for evaluation; `scale_by_...` are
# parts of optimizers.
_OTHERS = ("lbfgs", "polyak_sgd", "schedule_free_", "scale_by_")


@dataclasses.dataclass(frozen=True)
class Optim:
  """The section config.optim.

  Attributes:
    epochs: length of the training, from config.train.epochs.
    lr: peak learning rate.
    schedule: a type of jaxvid.train.schedules and its arguments.
    type: an optimizer of optax, such as "adamw", "adam", "sgd" or "muon".
    settings: arguments of optax's function (b1, b2 and eps of "adamw", momentum of "sgd"). In a configuration they are
      keys of config.optim like the others.
    weight_decay: of the kernels of dense layers and convolutions only; decoupled if the optimizer has a weight decay of
      its own ("adamw"), else added to the gradients (L2: "adam", "sgd").
    clip_norm: global norm to which gradients are clipped; None for no clipping.
    lr_scale: (pattern, factor) pairs. The pattern is a regular expression for the beginning of a parameter's path
      ("backbone/stage_1/..."); the first one that matches multiplies the parameter's learning rate by its factor. A
      factor of 0 freezes it.
    ema: decay of the parameters' moving average, which starts from the initial parameters and is updated at every
      training step; 0 for no averaging.
    ema_warmup: let the decay rise to `ema` as (1 + t) / (10 + t), so that the initial parameters are soon forgotten.
      False is the public code's constant decay: after t training steps the random initialisation still has the weight
      ema ** t, a third after the 1,050 steps of the small HAPT configurations.
  """

  epochs: int
  lr: float
  schedule: Mapping[str, Any]
  type: str = "adamw"
  settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  weight_decay: float = 0.05
  clip_norm: float | None = 1.0
  lr_scale: tuple[tuple[str, float], ...] = ()
  ema: float = 0.999
  ema_warmup: bool = True

  def __post_init__(self) -> None:
    known = settings_of(self.type)
    for key in self.settings:
      if key not in known:
        own = ", ".join((*OWN_KEYS, *known))
        raise ConfigError(f'config.optim.{key}: nothing reads this key; with the type "{self.type}" there are: {own}')
    build(SCHEDULES, self.schedule, "config.optim.schedule")

  @classmethod
  def from_config(cls, section: Mapping[str, Any], epochs: int) -> "Optim":
    """From the plain values of config.optim; ConfigError for keys that this type of optimizer does not read."""
    for key in ("lr", "schedule"):
      if key not in section:
        raise ConfigError(f"config.optim.{key}: missing")
    own = {key: value for key, value in section.items() if key in OWN_KEYS}
    return cls(epochs=epochs, settings={key: section[key] for key in section if key not in OWN_KEYS}, **own)

  def ema_decay(self, step: Array) -> Array:
    """Decay of the moving average in the update that follows `step` updates."""
    return jnp.minimum(self.ema, (1 + step) / (10 + step)) if self.ema_warmup else jnp.float32(self.ema)

  def make(self, steps_per_epoch: int) -> tuple[optax.GradientTransformation, optax.Schedule]:
    """The optimizer and its schedule (training step -> learning rate)."""
    schedule = build(SCHEDULES, self.schedule, "config.optim.schedule").make(self.lr, steps_per_epoch, self.epochs)
    function = _function(self.type)
    arguments = inspect.signature(function).parameters
    mask = next((name for name in ("mask", "weight_decay_mask") if name in arguments), None)
    before, given = [optax.clip_by_global_norm(self.clip_norm) if self.clip_norm else optax.identity()], {}
    if "weight_decay" in arguments and mask:
      given = {"weight_decay": self.weight_decay, mask: decay_mask}
    else:
      before.append(optax.add_decayed_weights(self.weight_decay, decay_mask))
    return _chain(before, function(schedule, **given, **self.settings), self.lr_scale), schedule


OWN_KEYS = tuple(field.name for field in dataclasses.fields(Optim) if field.name not in ("epochs", "settings"))


def settings_of(name: str) -> dict[str, inspect.Parameter]:
  """The settings of an optimizer of optax, with their defaults; without learning rate and weight decay."""
  parameters = inspect.signature(_function(name)).parameters
  return {key: parameter for key, parameter in parameters.items() if key not in _GIVEN}


def optimizers() -> dict[str, Callable[..., optax.GradientTransformation]]:
  """Optimizers of optax and optax.contrib by name: functions whose only required argument is the learning rate."""
  found = {}
  is_function = lambda member: inspect.isfunction(member) or isinstance(member, functools.partial)  # noqa: E731
  for module in (optax.contrib, optax):
    for name, function in inspect.getmembers(module, is_function):
      parameters = list(inspect.signature(function).parameters.values())
      takes_rate = bool(parameters) and parameters[0].name == "learning_rate"
      is_complete = all(parameter.default is not inspect.Parameter.empty for parameter in parameters[1:])
      if takes_rate and is_complete and not name.startswith(_OTHERS):
        found[name] = function
  return found


def decay_mask(params: Any) -> Any:
  """True at parameters that decay: kernels, but not biases, norms, channel and level scales, and position biases."""
  return _map_paths(lambda path: path.split("/")[-1] == "kernel", params)


def _function(name: str) -> Callable[..., optax.GradientTransformation]:
  there = optimizers()
  if name not in there:
    raise ConfigError(f'config.optim.type: no optimizer "{name}"; optax has: {", ".join(sorted(there))}')
  return there[name]


def _chain(
  before: list[optax.GradientTransformation],
  rule: optax.GradientTransformation,
  scales: tuple[tuple[str, float], ...],
) -> optax.GradientTransformation:
  """Chains transformations: `before`, the optimizer's `rule`, then the factors of learning rates by path.

  The state is one flat tuple, so that checkpoints of earlier versions fit: in these, the parts of the optimizer were in
  one chain with the rest, and the factors had an empty place before the schedule.
  """
  first = optax.chain(*before)

  def init(params: Any) -> tuple[Any, ...]:
    _factors(scales, params)  # To refuse patterns that match nothing.
    state = rule.init(params)
    parts = state if type(state) is tuple else (state,)
    place = (optax.EmptyState(),) if scales else ()
    return (*first.init(params), *parts[:-1], *place, parts[-1])

  def update(updates: Any, state: tuple[Any, ...], params: Any = None) -> tuple[Any, tuple[Any, ...]]:
    rest = state[len(before) :]
    place, parts = ((rest[-2],), (*rest[:-2], rest[-1])) if scales else ((), rest)
    updates, first_state = first.update(updates, state[: len(before)], params)
    is_chain = type(jax.eval_shape(rule.init, params)) is tuple
    updates, rule_state = rule.update(updates, parts if is_chain else parts[0], params)
    parts = rule_state if is_chain else (rule_state,)
    if scales:
      updates = jax.tree.map(lambda update, factor: factor * update, updates, _factors(scales, updates))
    return updates, (*first_state, *parts[:-1], *place, parts[-1])

  return optax.GradientTransformation(init, update)


def _factors(scales: tuple[tuple[str, float], ...], params: Any) -> Any:
  """The factor of each parameter's learning rate."""
  paths = list(flax.traverse_util.flatten_dict(params, sep="/"))
  for pattern, _ in scales:
    if not any(re.match(pattern, path) for path in paths):
      raise ConfigError(
        f"config.optim.lr_scale: no parameter's path begins with {pattern!r}; there are {', '.join(paths[:3])}, ..."
      )
  return _map_paths(lambda path: next((factor for p, factor in scales if re.match(p, path)), 1.0), params)


def _map_paths(function: Callable[[str], Any], params: Any) -> Any:
  """The tree of function(path) for each parameter's path, such as "head/cls/kernel"."""
  flat = flax.traverse_util.flatten_dict(params, sep="/")
  return flax.traverse_util.unflatten_dict({path: function(path) for path in flat}, sep="/")
