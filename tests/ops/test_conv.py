"""The CPU's lowerings against XLA's native operations: one contract, two forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops import conv


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("kernel_size", [1, 3, 11])
def test_depthwise_forms_agree(rng, kernel_size, stride):
  x = jnp.asarray(rng.normal(size=(2, 24, 5)), jnp.float32)
  kernel = jnp.asarray(rng.normal(size=(kernel_size, 1, 5)), jnp.float32)
  _assert_same(
    lambda x, k: conv._depthwise_shifts(x, k, stride), lambda x, k: conv._depthwise_native(x, k, stride), x, kernel
  )
  np.testing.assert_array_equal(conv.depthwise_conv1d(x, kernel, stride), conv._depthwise_shifts(x, kernel, stride))


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_max_pool_forms_agree(rng, stride):
  x = jnp.asarray(rng.normal(size=(2, 24, 5)), jnp.float32)
  window = stride + 1 if stride > 1 else 3
  _assert_same(
    lambda x: conv._max_pool_shifts(x, window, stride), lambda x: conv._max_pool_native(x, window, stride), x
  )


def test_conv1d_pads_by_half_the_kernel():
  x = jnp.arange(1.0, 5.0).reshape(1, 4, 1)
  kernel = jnp.array([1.0, 10.0, 100.0]).reshape(3, 1, 1)
  # Tap 0 sees the step before, tap 2 the one after: at step 0, 0 * 1 + 1 * 10 + 2 * 100.
  np.testing.assert_array_equal(conv.conv1d(x, kernel)[0, :, 0], [210, 321, 432, 43])
  np.testing.assert_array_equal(conv.conv1d(x, kernel, stride=2)[0, :, 0], [210, 432])


def _assert_same(form, other, *args):
  (ours, out), (theirs, expected) = _gradients_and_value(form, args), _gradients_and_value(other, args)
  np.testing.assert_allclose(out, expected, atol=1e-5)
  for a, b in zip(ours, theirs):
    np.testing.assert_allclose(a, b, atol=1e-4)


def _gradients_and_value(function, args):
  def weighted(*args):
    out = function(*args)
    return jnp.sum(out * jnp.sin(jnp.arange(out.size, dtype=jnp.float32)).reshape(out.shape)), out

  return jax.jit(jax.grad(weighted, tuple(range(len(args))), has_aux=True))(*args)
