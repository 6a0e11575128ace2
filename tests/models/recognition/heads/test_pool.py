"""The pooling head against the order of operations of the public code: pool, classify each position, average."""

from collections import OrderedDict

import jax
import numpy as np
import pytest

from jaxvid.models.recognition.heads.pool import Model
from jaxvid.models.recognition.outputs import ClipFeatures


def features(rng, *shapes):
  arrays = tuple(rng.normal(size=shape).astype(np.float32) for shape in shapes)
  return ClipFeatures(OrderedDict(last=arrays[0]), arrays)


@pytest.mark.parametrize("window", [(2, 3, 3), (3, 4, 5), (1, 1, 1), (2, 4, 1)])
def test_a_window_is_the_mean_over_its_positions(rng, window):
  x = features(rng, (2, 3, 4, 5, 6))
  head = Model(7, window)
  variables = head.init(jax.random.key(0), x)
  out = head.apply(variables, x)
  windows = np.lib.stride_tricks.sliding_window_view(x.pathways[0], window, axis=(1, 2, 3)).mean((-1, -2, -3))
  classifier = variables["params"]["classifier"]
  logits = windows @ np.asarray(classifier["kernel"]) + classifier["bias"]
  np.testing.assert_allclose(out.logits, logits.mean((1, 2, 3)), rtol=1e-4, atol=1e-6)
  np.testing.assert_allclose(out.pooled, windows.mean((1, 2, 3)), rtol=1e-4, atol=1e-6)
  assert out.features is x


def test_no_window_is_the_mean_of_all(rng):
  x = features(rng, (2, 3, 4, 5, 6), (2, 6, 4, 5, 2))
  out, _ = Model(7).init_with_output(jax.random.key(0), x)
  means = [part.mean((1, 2, 3)) for part in x.pathways]
  np.testing.assert_allclose(out.pooled, np.concatenate(means, axis=-1), rtol=1e-5, atol=1e-6)


def test_a_window_a_pathway(rng):
  x = features(rng, (1, 2, 3, 3, 4), (1, 8, 3, 3, 2))
  out, _ = Model(7, ((2, 3, 3), (8, 3, 3))).init_with_output(jax.random.key(0), x)
  plain, _ = Model(7).init_with_output(jax.random.key(0), x)
  np.testing.assert_allclose(out.pooled, plain.pooled, rtol=1e-5, atol=1e-6)
  with pytest.raises(ValueError, match="is for 3 pathways, the backbone has 2"):
    Model(7, ((1, 1, 1),) * 3).init(jax.random.key(0), x)


def test_a_window_larger_than_the_features_is_refused(rng):
  with pytest.raises(ValueError, match=r"window of \(8, 7, 7\) .* does not fit features of \(8, 4, 7\)"):
    Model(7, (8, 7, 7)).init(jax.random.key(0), features(rng, (1, 8, 4, 7, 2)))


def test_dropout_only_in_training(rng):
  x = features(rng, (2, 3, 4, 5, 6))
  head = Model(7, dropout=0.5)
  variables = head.init(jax.random.key(0), x)
  a, b = (head.apply(variables, x, True, rngs={"dropout": jax.random.key(i)}).logits for i in (0, 1))
  assert np.abs(a - b).max() > 0
  np.testing.assert_array_equal(head.apply(variables, x).logits, Model(7).apply(variables, x).logits)
