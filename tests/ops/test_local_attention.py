"""Blocked attention against the dense oracle, and the contract of both."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops.local_attention import blocked_attention, dense_attention, local_attention

BATCH, HEADS, WIDTH = 3, 2, 4


def _inputs(rng, steps):
  q, k, v = (jnp.asarray(rng.normal(size=(BATCH, steps, HEADS, WIDTH)), jnp.float32) for _ in range(3))
  lengths = np.array([steps, max(steps // 2, 1), 0])  # One full, one ragged, one empty.
  return q, k, v, jnp.asarray(np.arange(steps) < lengths[:, None])


@pytest.mark.parametrize(
  "steps, window, block",
  [(1, 3, 4), (7, 3, 4), (32, 9, 8), (33, 9, 8), (50, 19, 16), (50, 19, 4), (20, 41, 8), (64, 1, 16)],
)
def test_blocked_is_dense(rng, steps, window, block):
  *qkv, mask = _inputs(rng, steps)
  bias = jnp.asarray(rng.normal(size=(HEADS, window)), jnp.float32)
  weights = jnp.asarray(rng.normal(size=qkv[0].shape), jnp.float32)

  def values_and_gradients(attention, **settings):
    def weighted(bias, *qkv):
      out = attention(*qkv, mask, window, relative_bias=bias, **settings)
      return jnp.sum(out * weights), out

    return jax.jit(jax.grad(weighted, (0, 1, 2, 3), has_aux=True))(bias, *qkv)

  (ours, out), (theirs, expected) = (
    values_and_gradients(blocked_attention, block=block),
    values_and_gradients(dense_attention),
  )
  np.testing.assert_allclose(out, expected, atol=2e-6)
  for a, b in zip(ours, theirs):
    np.testing.assert_allclose(a, b, atol=2e-5)


def test_dense_is_softmax_attention_by_hand():
  # One head of width 1: logits are q * k; window 3 lets each step see its neighbours; step 3 is padding.
  q = jnp.array([1.0, 2.0, 0.0, 5.0]).reshape(1, 4, 1, 1)
  k = jnp.array([0.0, 1.0, 2.0, 9.0]).reshape(1, 4, 1, 1)
  v = jnp.array([1.0, 2.0, 4.0, 99.0]).reshape(1, 4, 1, 1)
  mask = jnp.array([[True, True, True, False]])
  e = np.exp
  expected = [
    (e(0) * 1 + e(1) * 2) / (e(0) + e(1)),
    (e(0) * 1 + e(2) * 2 + e(4) * 4) / (e(0) + e(2) + e(4)),
    (2 + 4) / 2,
    0,
  ]
  np.testing.assert_allclose(dense_attention(q, k, v, mask, 3)[0, :, 0, 0], expected, rtol=1e-5)


def test_bias_belongs_to_offsets(rng):
  q, k, v, mask = _inputs(rng, 12)
  bias = jnp.full((HEADS, 5), -100.0).at[:, 4].set(100.0)  # Everyone looks two steps ahead.
  out = local_attention(q, k, v, mask, 5, relative_bias=bias)
  np.testing.assert_allclose(out[0, :10], v[0, 2:12], atol=1e-5)


def test_padding_is_ignored_and_zero(rng):
  q, k, v, mask = _inputs(rng, 40)
  poisoned = [jnp.where(mask[:, :, None, None], x, 1e3) for x in (q, k, v)]
  np.testing.assert_array_equal(local_attention(q, k, v, mask, 9), local_attention(*poisoned, mask, 9))
  assert not np.any(np.asarray(local_attention(q, k, v, mask, 9))[~np.asarray(mask)])


def test_global_attention_reaches_everywhere(rng):
  q, k, v, mask = _inputs(rng, 30)
  reach = jax.grad(lambda v: jnp.sum(local_attention(q, k, v, mask, None)[0, 0]))(v)
  assert np.all(np.asarray(reach[0]) != 0)
  near = jax.grad(lambda v: jnp.sum(local_attention(q, k, v, mask, 9)[0, 0]))(v)
  np.testing.assert_array_equal(np.any(np.asarray(near[0]) != 0, axis=(1, 2)), np.arange(30) <= 4)


def test_dropout_drops_and_keeps_the_mean(rng):
  q, k, v, mask = _inputs(rng, 64)
  plain = local_attention(q, k, v, mask, 9)
  draws = jax.vmap(lambda key: local_attention(q, k, v, mask, 9, dropout_rate=0.3, dropout_key=key))(
    jax.random.split(jax.random.key(0), 400)
  )
  assert not np.allclose(draws[0], plain, atol=1e-3)
  np.testing.assert_allclose(draws.mean(0), plain, atol=0.25)


@pytest.mark.parametrize(
  "window, bias, message", [(4, None, "odd"), (0, None, "odd"), (None, jnp.zeros((HEADS, 3)), "window")]
)
def test_refuses(rng, window, bias, message):
  *qkv, mask = _inputs(rng, 8)
  with pytest.raises(ValueError, match=message):
    local_attention(*qkv, mask, window, relative_bias=bias)
