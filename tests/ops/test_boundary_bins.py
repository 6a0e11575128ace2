"""Expected boundaries: against the formula written as loops, and at the ends of a recording."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops.boundary_bins import expected_distances, expected_distances_at

STEPS, LENGTH, CLASSES, BINS = 9, 7, 3, 4


@pytest.fixture
def arrays(rng):
  mask = np.arange(STEPS) < LENGTH
  logits = [np.where(mask[:, None], rng.normal(size=(STEPS, CLASSES)) * 3, 0) for _ in range(2)]
  return rng.normal(size=(STEPS, 2 * (BINS + 1))) * 2, *logits, mask


def by_loops(bins, start, end, mask, border):
  found = np.zeros((STEPS, CLASSES, 2))
  for side, logits in enumerate((start, end)):
    for t in range(LENGTH):
      for c in range(CLASSES):
        total = weighted = 0.0
        for distance in range(BINS + 1):
          # Bins run with time: the start's last is the point itself, the end's first.
          bin_index = BINS - distance if side == 0 else BINS + 1 + distance
          at = t - distance if side == 0 else t + distance
          there = 0 <= at < STEPS and mask[at]
          if border == "masked" and not there:
            continue
          weight = np.exp((logits[at, c] if there else 0.0) + bins[t, bin_index])
          total, weighted = total + weight, weighted + distance * weight
        found[t, c, side] = weighted / total
  return found


@pytest.mark.parametrize("border", ["masked", "zero_logit"])
def test_both_forms_are_the_formula(arrays, border):
  expected = by_loops(*arrays, border)[:LENGTH]
  dense = jax.jit(expected_distances, static_argnums=4)(*(jnp.asarray(x)[None] for x in arrays), border)[0]
  np.testing.assert_allclose(dense[:LENGTH], expected, atol=1e-5)
  point, label = (x.ravel() for x in np.meshgrid(np.arange(LENGTH), np.arange(CLASSES), indexing="ij"))
  picked = expected_distances_at(*map(jnp.asarray, arrays), border, jnp.asarray(point), jnp.asarray(label))
  np.testing.assert_allclose(picked, expected.reshape(-1, 2), atol=1e-5)


def test_masked_border_stays_inside_the_recording(arrays):
  found = np.asarray(expected_distances(*(jnp.asarray(x)[None] for x in arrays), "masked")[0])
  steps = np.arange(LENGTH)[:, None]
  assert np.all(found[:LENGTH, :, 0] <= steps + 1e-5) and np.all(found[:LENGTH, :, 1] <= LENGTH - 1 - steps + 1e-5)
  assert np.all(np.isfinite(found))  # Padded points too: they take part in sums that are masked later.


def test_zero_logit_border_reaches_beyond_it(arrays):
  """The public code's bias: steps that do not exist outweigh those that do, whose logits start at -4.6."""
  bins, start, end, mask = arrays
  quiet = np.where(mask[:, None], -4.6, 0.0) * np.ones((STEPS, CLASSES))
  found = expected_distances(*(jnp.asarray(x)[None] for x in (0 * bins, quiet, quiet, mask)), "zero_logit")[0]
  assert np.all(np.asarray(found)[0, :, 0] > 2.4)  # The first point's start can only be at the point itself.
  masked = expected_distances(*(jnp.asarray(x)[None] for x in (0 * bins, quiet, quiet, mask)), "masked")[0]
  np.testing.assert_array_equal(np.asarray(masked)[0, :, 0], 0)


def test_unknown_border(arrays):
  with pytest.raises(ValueError, match="border must be one of masked, zero_logit; got 'cut'"):
    expected_distances(*(jnp.asarray(x)[None] for x in arrays), "cut")
