"""Attention to the last S steps of a stream, in two forms that agree: over whole windows, and over a queue.

The age of a step is the number of valid steps since: 0 for the present step, 1 for the valid step before it. Steps that
are not valid (padding, gaps) do not count, so a window and a stream with a gap see the same past.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from jaxvid.array_types import Array, Mask


def ages(mask: Mask) -> Int[Array, "B T T"]:
  """Age [b, t, j] of step j as seen from step t; negative for later steps.

  A step t that is not valid counts its past as a valid one would.
  """
  before = jnp.cumsum(mask, axis=1) - mask  # Valid steps before each.
  return before[:, :, None] - before[:, None, :]


def window_reach(mask: Mask, youngest: int, oldest: int) -> tuple[Bool[Array, "B T T"], Int[Array, "B T T"]]:
  """Which steps j of a window step t may attend to, [b, t, j], and their ages.

  Those are the valid steps not later than t, of ages `youngest` to `oldest`.
  """
  age = ages(mask)
  steps = jnp.arange(mask.shape[1])
  not_later = steps[:, None] >= steps if youngest == 0 else steps[:, None] > steps
  return mask[:, None, :] & not_later & (age >= youngest) & (age <= oldest), age


def queue_ages(count: Int[Array, "B"], size: int) -> tuple[Bool[Array, "B S"], Int[Array, "B S"]]:
  """Which slots of a queue are filled after `count` pushes, and their ages; the last push has age 1."""
  slots = jnp.arange(size)
  return slots < count[:, None], (count[:, None] - 1 - slots) % size + 1


def push(
  queue: Float[Array, "B S ..."], count: Int[Array, "B"], value: Float[Array, "B ..."], valid: Bool[Array, "B"]
) -> Float[Array, "B S ..."]:
  """The queue with its oldest entry replaced by `value`, where that is valid; `count`: pushes so far."""
  rows, slots = jnp.arange(len(queue)), count % queue.shape[1]
  kept = queue[rows, slots]
  return queue.at[rows, slots].set(jnp.where(valid.reshape(-1, *[1] * (value.ndim - 1)), value, kept))


def attend(
  query: Float[Array, "B Q H D"],
  keys: Float[Array, "B N H D"],
  values: Float[Array, "B N H D"],
  kept: Bool[Array, "B Q N"],
  bias: Float[Array, "B H Q N"] | None = None,
) -> tuple[Float[Array, "B Q H D"], Float[Array, "B H Q N"]]:
  """Softmax attention to the kept keys: (weighted mean of the values, weights in float32); zero where none is kept."""
  scores = jnp.einsum("bqhd,bnhd->bhqn", query, keys, preferred_element_type=jnp.float32) * query.shape[-1] ** -0.5
  if bias is not None:
    scores = scores + bias
  kept = kept[:, None]
  weights = jnp.where(kept, jax.nn.softmax(jnp.where(kept, scores, -1e30)), 0.0)
  return jnp.einsum("bhqn,bnhd->bqhd", weights.astype(values.dtype), values), weights


def age_bias(table: Float[Array, "H S"], age: Int[Array, "B Q N"], youngest: int) -> Float[Array, "B H Q N"]:
  """A learnt bias for each head and age; entry 0 of the table is that of `youngest`."""
  return jnp.moveaxis(table[:, jnp.clip(age - youngest, 0, table.shape[1] - 1)], 0, 1).astype(jnp.float32)
