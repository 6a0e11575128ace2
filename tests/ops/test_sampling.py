"""Reading between steps."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxvid.ops.sampling import sample_at


def test_linear_between_steps_and_zero_outside():
  x = jnp.array([[[0.0, 10.0], [2.0, 20.0], [6.0, 50.0]]])
  got = sample_at(x, jnp.array([[0.0, 0.25, 1.5, 2.0, -0.25, 2.5, -1.5, 3.0]]))[0]
  np.testing.assert_allclose(
    got, [[0, 10], [0.5, 12.5], [4, 35], [6, 50], [0, 7.5], [3, 25], [0, 0], [0, 0]], atol=1e-6
  )


def test_gradient_goes_to_the_two_neighbours():
  x = jnp.zeros((1, 4, 1))
  gradient = jax.grad(lambda x: sample_at(x, jnp.array([[1.25]])).sum())(x)[0, :, 0]
  np.testing.assert_allclose(gradient, [0, 0.75, 0.25, 0], atol=1e-6)
