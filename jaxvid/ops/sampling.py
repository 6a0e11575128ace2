"""Interpolation between the steps of a sequence."""

import jax.numpy as jnp
from jaxtyping import Float

from jaxvid.array_types import Array, Features


def sample_at(x: Features, position: Float[Array, "B K"]) -> Float[Array, "B K C"]:
  """Features at fractional positions, by linear interpolation; steps outside [0, T - 1] count as zero."""
  steps = x.shape[1]
  position = position.astype(jnp.float32)
  low = jnp.floor(position)
  share = (position - low)[..., None].astype(x.dtype)

  def rows(index):
    inside = (index >= 0) & (index < steps)
    found = jnp.take_along_axis(x, jnp.clip(index, 0, steps - 1).astype(int)[..., None], axis=1)
    return jnp.where(inside[..., None], found, 0)

  return (1 - share) * rows(low) + share * rows(low + 1)
