"""The CPU's lowerings against XLA's native operations: one contract, two forms; and what the paddings mean."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops import conv3d

SHAPE = (2, 6, 9, 8, 3)
# Kernel, strides and padding of each kind that the networks have; sizes that strides do and do not divide.
KERNELS = [
  ((1, 3, 3), (1, 2, 2), "half"),
  ((1, 1, 1), (2, 2, 2), "half"),
  ((7, 1, 1), (4, 1, 1), "half"),
  ((5, 3, 3), (2, 2, 2), "same"),
]


@pytest.mark.parametrize("kernel, strides, padding", KERNELS)
def test_dense_forms_agree(rng, kernel, strides, padding):
  x, taps = _array(rng, SHAPE), _array(rng, (*kernel, 3, 4))
  pads = conv3d.pad_widths(SHAPE[1:4], kernel, strides, padding)
  _assert_same(
    lambda x, k: conv3d._dense_frames(x, k, strides, pads), lambda x, k: conv3d._native(x, k, strides, pads, 1), x, taps
  )
  public = conv3d.conv3d(x, taps, strides, padding)
  np.testing.assert_allclose(public, conv3d._native(x, taps, strides, pads, 1), atol=1e-4)


@pytest.mark.parametrize(
  "kernel, strides, padding",
  [((3, 3, 3), (2, 2, 2), "half"), ((3, 1, 2), (1, 2, 1), "same")],
)
def test_depthwise_forms_agree(rng, kernel, strides, padding):
  x, taps = _array(rng, SHAPE), _array(rng, (*kernel, 1, 3))
  pads = conv3d.pad_widths(SHAPE[1:4], kernel, strides, padding)
  native = lambda x, k: conv3d._native(x, k, strides, pads, 3)  # noqa: E731
  _assert_same(lambda x, k: conv3d._depthwise_shifts(x, k, strides, pads), native, x, taps)
  np.testing.assert_allclose(conv3d.depthwise_conv3d(x, taps, strides, padding), native(x, taps), atol=1e-4)


@pytest.mark.parametrize(
  "window, strides, padding",
  [
    ((1, 3, 3), (1, 2, 2), "half"),
    ((3, 3, 3), (1, 1, 1), "same"),
    ((2, 2, 2), (2, 2, 2), "same"),
  ],
)
def test_max_pool_forms_agree(rng, window, strides, padding):
  x = _array(rng, SHAPE)
  pads = conv3d.pad_widths(SHAPE[1:4], window, strides, padding)
  native = lambda x: conv3d._max_pool_native(x, window, strides, pads)  # noqa: E731
  _assert_same(lambda x: conv3d._max_pool_shifts(x, window, strides, pads), native, x)
  np.testing.assert_array_equal(conv3d.max_pool3d(x, window, strides, padding), native(x))


def test_half_pads_by_half_the_kernel_and_same_to_a_whole_number_of_strides():
  x = jnp.arange(1.0, 5.0).reshape(1, 4, 1, 1, 1)
  kernel = jnp.array([1.0, 10.0, 100.0]).reshape(3, 1, 1, 1, 1)
  # Tap 0 sees the frame before, tap 2 the one after: at frame 0, 0 * 1 + 1 * 10 + 2 * 100.
  np.testing.assert_array_equal(conv3d.conv3d(x, kernel)[0, :, 0, 0, 0], [210, 321, 432, 43])
  np.testing.assert_array_equal(conv3d.conv3d(x, kernel, (2, 1, 1))[0, :, 0, 0, 0], [210, 432])
  # Two outputs of stride 2 need one step of padding, and TensorFlow puts an odd one at the end.
  np.testing.assert_array_equal(conv3d.conv3d(x, kernel, (2, 1, 1), "same")[0, :, 0, 0, 0], [321, 43])
  assert conv3d.pad_widths((5, 224, 7), (7, 7, 2), (2, 2, 2), "same") == [(3, 3), (2, 3), (0, 1)]


def test_max_pool_never_prefers_the_padding():
  x = -jnp.ones((1, 2, 2, 2, 1))
  np.testing.assert_array_equal(conv3d.max_pool3d(x, (3, 3, 3), (1, 1, 1)), x)


def test_another_padding_is_refused():
  with pytest.raises(ValueError, match="padding must be one of half, same; got 'SAME'"):
    conv3d.conv3d(jnp.zeros(SHAPE), jnp.zeros((1, 1, 1, 3, 4)), padding="SAME")


def _array(rng, shape):
  return jnp.asarray(rng.normal(size=shape), jnp.float32)


def _assert_same(form, other, *args):
  (ours, out), (theirs, expected) = _gradients_and_value(form, args), _gradients_and_value(other, args)
  assert out.shape == expected.shape
  np.testing.assert_allclose(out, expected, atol=1e-4)
  for a, b in zip(ours, theirs):
    np.testing.assert_allclose(a, b, atol=1e-3)


def _gradients_and_value(function, args):
  def weighted(*args):
    out = function(*args)
    return jnp.sum(out * jnp.sin(jnp.arange(out.size, dtype=jnp.float32)).reshape(out.shape)), out

  return jax.jit(jax.grad(weighted, tuple(range(len(args))), has_aux=True))(*args)
