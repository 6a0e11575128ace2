"""Multiply-adds by hand."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from jaxvid.ops import conv
from jaxvid.ops.cost import multiply_adds


def test_matrix_products():
  a, b = jnp.zeros((3, 5, 7)), jnp.zeros((3, 7, 11))
  assert multiply_adds(lambda a, b: jnp.einsum("bij,bjk->bik", a, b), a, b) == 3 * 5 * 7 * 11
  assert multiply_adds(jax.jit(jnp.matmul), a, b) == 3 * 5 * 7 * 11


def test_convolutions_count_their_padding():
  x = jnp.zeros((2, 10, 4))
  assert multiply_adds(conv.conv1d, x, jnp.zeros((3, 4, 6))) == 2 * 10 * 6 * 3 * 4
  # Depthwise: one channel sees itself alone; this has a lowering of its own for CPUs, made of slices.
  assert multiply_adds(conv.depthwise_conv1d, x, jnp.zeros((3, 1, 4))) == 2 * 10 * 4 * 3


def test_loops():
  matrix = jnp.zeros((4, 4))
  assert multiply_adds(lambda m: lax.fori_loop(0, 5, lambda _, x: m @ x, m), matrix) == 5 * 4**3
  with pytest.raises(ValueError, match="not known beforehand"):
    multiply_adds(lambda m: lax.while_loop(lambda x: x.sum() < 3, lambda x: m @ x, m), matrix)


def test_elementwise_work_is_not_counted():
  assert multiply_adds(lambda x: jnp.tanh(x * 3 + 1), jnp.zeros(100)) == 0
