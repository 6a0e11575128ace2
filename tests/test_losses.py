"""Losses by hand and against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads

from jaxvid.losses import diou_1d, sigmoid_focal


def test_focal_by_hand():
  # p = sigmoid(0) = 0.5. Positive: 0.25 * 0.5^2 * ln 2; negative: 0.75 * 0.5^2 * ln 2.
  np.testing.assert_allclose(
    sigmoid_focal(jnp.zeros(2), jnp.array([1.0, 0.0])), np.log(2) * np.array([0.0625, 0.1875]), rtol=1e-6
  )
  # gamma 0, alpha 0.5 is half the cross-entropy.
  logit, target = jnp.array(1.3), jnp.array(0.4)
  p = 1 / (1 + np.exp(-1.3))
  expected = -0.5 * (0.4 * np.log(p) + 0.6 * np.log(1 - p))
  np.testing.assert_allclose(sigmoid_focal(logit, target, alpha=0.5, gamma=0.0), expected, rtol=1e-6)


def test_focal_stays_finite_far_out():
  logits, targets = jnp.array([-200.0, 200.0, -200.0, 200.0]), jnp.array([1.0, 0.0, 0.0, 1.0])
  value, gradient = jax.value_and_grad(lambda x: sigmoid_focal(x, targets).sum())(logits)
  assert np.isfinite(value) and np.all(np.isfinite(gradient))
  np.testing.assert_allclose(value, 200 * 0.25 + 200 * 0.75, rtol=1e-6)


def test_diou_by_hand():
  # Prediction [-1, 3], truth [-2, 2]: intersection 3, union 5, hull 5, centres 1 apart.
  np.testing.assert_allclose(diou_1d(jnp.array([1.0, 3.0]), jnp.array([2.0, 2.0])), 1 - 3 / 5 + (1 / 5) ** 2, rtol=1e-6)
  np.testing.assert_allclose(diou_1d(jnp.array([2.0, 5.0]), jnp.array([2.0, 5.0])), 0, atol=1e-7)


def test_diou_of_nothing_is_finite():
  value, gradient = jax.value_and_grad(lambda x: diou_1d(x, jnp.zeros(2)))(jnp.zeros(2))
  assert np.isfinite(value) and np.all(np.isfinite(gradient))


def test_gradients(rng):
  logits, targets = jnp.asarray(rng.normal(size=9)), jnp.asarray(rng.uniform(size=9))
  check_grads(lambda x: sigmoid_focal(x, targets).sum(), (logits,), order=1, modes=["rev"], rtol=2e-2)
  offsets, truth = jnp.asarray(rng.uniform(0.5, 4, (5, 2))), jnp.asarray(rng.uniform(0.5, 4, (5, 2)))
  check_grads(lambda x: diou_1d(x, truth).sum(), (offsets,), order=1, modes=["rev"], rtol=2e-2)
