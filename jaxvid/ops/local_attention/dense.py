"""Attention by the whole T x T matrix: the tests' reference for the blocked form, and global attention."""

import jax.numpy as jnp

from jaxvid.array_types import Array, Heads, Mask
from jaxvid.ops.local_attention.softmax import attention_weights


def dense_attention(
  q: Heads,
  k: Heads,
  v: Heads,
  mask: Mask,
  window: int | None,
  *,
  relative_bias: Array | None = None,
  dropout_rate: float = 0.0,
  dropout_key: Array | None = None,
) -> Heads:
  """The contract of `local_attention`, in O(T^2) time and memory."""
  steps = q.shape[1]
  allowed = mask[:, None, None, :]
  logits = jnp.einsum("bqhd,bkhd->bhqk", q * q.shape[-1] ** -0.5, k)
  if window is not None:
    radius = window // 2
    offset = jnp.arange(steps)[None, :] - jnp.arange(steps)[:, None]
    allowed = allowed & (jnp.abs(offset) <= radius)
    if relative_bias is not None:
      logits += relative_bias[:, jnp.clip(offset + radius, 0, window - 1)]
  weights = attention_weights(logits, allowed, dropout_rate, dropout_key).astype(v.dtype)
  out = jnp.einsum("bhqk,bkhd->bqhd", weights, v)
  return jnp.where(mask[:, :, None, None], out, 0)
