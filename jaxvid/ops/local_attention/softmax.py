"""The softmax that both forms of attention share."""

import jax
import jax.numpy as jnp

from jaxvid.array_types import Array

# Finite, so that a row without a single allowed key (all padding) gives finite weights and gradients; such rows are
# zeroed by the caller. exp of it is exactly zero in float32.
_FORBIDDEN = -1e30


def attention_weights(logits: Array, allowed: Array, dropout_rate: float, dropout_key: Array | None) -> Array:
  """Softmax over the last axis in float32 where `allowed`; weights dropped with probability `dropout_rate`."""
  logits = jnp.where(allowed, logits.astype(jnp.float32), _FORBIDDEN)
  weights = jax.nn.softmax(logits, axis=-1)
  if dropout_rate:
    keep = jax.random.bernoulli(dropout_key, 1 - dropout_rate, weights.shape)
    weights = jnp.where(keep, weights / (1 - dropout_rate), 0)
  return weights
