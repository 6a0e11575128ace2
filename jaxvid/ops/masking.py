"""Masks of padded sequences: True is a valid step."""

import jax.numpy as jnp

from jaxvid.array_types import Array, Features, Mask


def mask_out(x: Features, mask: Mask) -> Features:
  """Zeros at padded steps. A `where`, not a product: it also stops a NaN in the padding."""
  return jnp.where(mask[..., None], x, jnp.zeros((), x.dtype))


def downsample_mask(mask: Mask, stride: int) -> Mask:
  """The mask of a level `stride` times coarser: its step i is valid where step i * stride was."""
  if mask.shape[1] % stride:
    raise ValueError(f"a sequence of {mask.shape[1]} steps has no level {stride} times coarser; pad it to a multiple")
  return mask[:, ::stride]


def masked_mean(x: Features, mask: Mask) -> Array:
  """Mean over the valid steps, (B, 1, C), in float32; zero where a sequence has none."""
  total = jnp.sum(mask_out(x, mask).astype(jnp.float32), axis=1, keepdims=True)
  return total / jnp.maximum(jnp.sum(mask, axis=1)[:, None, None], 1)
