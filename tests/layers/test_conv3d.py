"""The unit of clip backbones: what batch norm computes, and what it remembers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.layers.conv3d import ConvNorm

X = jnp.asarray(np.random.default_rng(0).normal(2, 3, size=(2, 3, 4, 5, 6)), jnp.float32)


def test_training_normalises_by_the_batch_and_remembers_a_tenth(rng):
  unit = ConvNorm(6, relu=False, norm_epsilon=0.5)
  variables = _with_kernel(unit, np.eye(6))
  out, changed = unit.apply(variables, X, mutable=["batch_stats"])
  mean, var = X.mean((0, 1, 2, 3)), X.var((0, 1, 2, 3))
  np.testing.assert_allclose(out, (X - mean) / np.sqrt(var + 0.5), atol=1e-4)
  stats = changed["batch_stats"]["norm"]
  assert stats["mean"].shape == stats["var"].shape == (6,)
  np.testing.assert_allclose(stats["mean"], 0.1 * mean, rtol=1e-4)
  np.testing.assert_allclose(stats["var"], 0.9 + 0.1 * var, rtol=1e-4)


def test_running_statistics_stay_where_they_are_used():
  unit = ConvNorm(6, use_running_average=True, norm_epsilon=0.5)
  variables = _with_kernel(unit, np.eye(6))
  variables["batch_stats"]["norm"] = {"mean": jnp.full(6, 2.0), "var": jnp.full(6, 8.5)}
  out, changed = unit.apply(variables, X, mutable=["batch_stats"])
  np.testing.assert_allclose(out, np.maximum((X - 2) / 3, 0), atol=1e-5)
  jax.tree.map(np.testing.assert_array_equal, changed["batch_stats"], variables["batch_stats"])


def test_a_norm_without_scale_has_a_bias_alone():
  variables = jax.eval_shape(ConvNorm(6, norm_scale=False).init, jax.random.key(0), X)
  assert list(variables["params"]["norm"]) == ["bias"]


def test_a_depthwise_convolution_cannot_change_the_number_of_channels():
  with pytest.raises(ValueError, match="of 6 channels cannot have 12 features"):
    jax.eval_shape(ConvNorm(12, (3, 3, 3), depthwise=True).init, jax.random.key(0), X)


def _with_kernel(unit, matrix):
  """Variables of `unit`, a 1x1x1 convolution with this matrix (inputs, outputs)."""
  variables = unit.init(jax.random.key(0), X)
  variables["params"]["conv"]["kernel"] = jnp.asarray(matrix, jnp.float32)[None, None, None]
  return variables
