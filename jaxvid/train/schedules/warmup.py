"""The warm-up that schedules share: a linear rise from 0."""

import jax.numpy as jnp
import optax


def after_warmup(rest: optax.Schedule, lr: float, num_steps: int) -> optax.Schedule:
  """Learning rate of step t: lr t / (W - 1) over the W = `num_steps` warm-up steps (the first is 0), then rest(t)."""
  return lambda step: jnp.where(step < num_steps, lr * step / max(num_steps - 1, 1), rest(step))
