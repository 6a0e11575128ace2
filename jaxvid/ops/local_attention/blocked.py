"""Banded attention in blocks: each block of queries meets the keys of its own block and a halo on either side.

Linear in T: with blocks of b queries and a band of radius r, a block takes b * (b + 2r) products. The sequence is
padded to whole blocks, so any length and any odd window will do.
"""

import jax.numpy as jnp

from jaxvid.array_types import Array, Heads, Mask
from jaxvid.ops.local_attention.softmax import attention_weights

# Queries in a block. On a CPU 32 to 64 is fastest for windows of 9 to 19 (docs/performance.md).
BLOCK = 32


def blocked_attention(
  q: Heads,
  k: Heads,
  v: Heads,
  mask: Mask,
  window: int,
  *,
  relative_bias: Array | None = None,
  dropout_rate: float = 0.0,
  dropout_key: Array | None = None,
  block: int = BLOCK,
) -> Heads:
  """The contract of `local_attention`, in O(T) time and memory, in blocks of `block` queries (at least the radius)."""
  batch, steps, heads, width = q.shape
  radius = window // 2
  block = max(block, radius)
  num_blocks = -(-steps // block)

  def blocks(x):  # (B, T, ...) -> (B, num_blocks, block, ...)
    padding = [(0, 0), (0, num_blocks * block - steps)] + [(0, 0)] * (x.ndim - 2)
    return jnp.pad(x, padding).reshape(batch, num_blocks, block, *x.shape[2:])

  def with_halo(x):  # (B, T, ...) -> (B, num_blocks, radius + block + radius, ...)
    x = blocks(x)
    before, after = [[(0, 0), side, (0, 0)] + [(0, 0)] * (x.ndim - 3) for side in ((1, 0), (0, 1))]
    left = jnp.pad(x[:, :-1, block - radius :], before)
    right = jnp.pad(x[:, 1:, :radius], after)
    return jnp.concatenate([left, x, right], axis=2)

  # Which keys each query may see. Key j of a block's neighbourhood sits at offset j - i - radius from query i.
  offset = jnp.arange(block + 2 * radius)[None, :] - jnp.arange(block)[:, None]
  band = (offset >= 0) & (offset <= 2 * radius)
  allowed = (band & with_halo(mask)[:, :, None, :])[:, :, None]  # (B, num_blocks, 1, block, block + 2 * radius)

  # Attention within each neighbourhood, and the blocks put together again.
  logits = jnp.einsum("bnqhd,bnkhd->bnhqk", blocks(q * width**-0.5), with_halo(k))
  if relative_bias is not None:
    logits += relative_bias[:, jnp.clip(offset, 0, window - 1)]
  weights = attention_weights(logits, allowed, dropout_rate, dropout_key).astype(v.dtype)
  out = jnp.einsum("bnhqk,bnkhd->bnqhd", weights, with_halo(v))
  out = out.reshape(batch, num_blocks * block, heads, width)[:, :steps]
  return jnp.where(mask[:, :, None, None], out, 0)
