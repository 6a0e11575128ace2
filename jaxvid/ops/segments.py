"""Arithmetic of temporal segments (start, end)."""

import jax.numpy as jnp

from jaxvid.array_types import Array


def intersection(a: Array, b: Array) -> Array:
  """Length of the overlap of segments (..., 2), broadcast against each other."""
  return jnp.maximum(jnp.minimum(a[..., 1], b[..., 1]) - jnp.maximum(a[..., 0], b[..., 0]), 0)


def tiou(a: Array, b: Array, epsilon: float = 0.0) -> Array:
  """Temporal intersection over union of segments (..., 2); `epsilon` is added to each length.

  Zero where both are empty.
  """
  shared = intersection(a, b)
  union = (a[..., 1] - a[..., 0] + epsilon) + (b[..., 1] - b[..., 0] + epsilon) - shared
  return jnp.where(union > 0, shared / jnp.where(union > 0, union, 1), 0)


def from_offsets(position: Array, offsets: Array, stride: Array) -> Array:
  """Segments (..., 2) in grid units from points and their offsets (..., 2) in units of the stride."""
  return jnp.stack([position - offsets[..., 0] * stride, position + offsets[..., 1] * stride], axis=-1)
