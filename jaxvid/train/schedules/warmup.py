"""Linear warm-up from 0, which all schedules share."""

import jax.numpy as jnp
import optax


def after_warmup(rest: optax.Schedule, lr: float, num_steps: int) -> optax.Schedule:
  """Puts a warm-up before the schedule `rest`: lr t / (W - 1) at training step t of W = `num_steps`, then rest(t)."""
  return lambda step: jnp.where(step < num_steps, lr * step / max(num_steps - 1, 1), rest(step))
