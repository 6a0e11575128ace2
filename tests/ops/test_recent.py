"""Attention to the last steps: ages over windows and queues, by counting."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops import recent


def test_ages_count_valid_steps_alone():
  mask = jnp.array([[True, False, True, True]])
  assert recent.ages(mask)[0].tolist() == [[0, -1, -1, -2], [1, 0, 0, -1], [1, 0, 0, -1], [2, 1, 1, 0]]


@pytest.mark.parametrize("youngest, oldest", [(0, 1), (1, 2), (1, 9), (0, 0)])
def test_a_window_sees_the_last_valid_steps(rng, youngest, oldest):
  mask = rng.random((4, 12)) < 0.7
  kept, age = recent.window_reach(jnp.array(mask), youngest, oldest)
  for b, t in np.ndindex(mask.shape):
    earlier = [j for j in range(t) if mask[b, j]]
    by_age = {1 + i: j for i, j in enumerate(reversed(earlier))} | ({0: t} if mask[b, t] else {})
    wanted = {j: a for a, j in by_age.items() if youngest <= a <= oldest}
    assert {j: int(age[b, t, j]) for j in np.flatnonzero(kept[b, t])} == wanted


def test_a_queue_holds_the_last_valid_values(rng):
  queue, count = jnp.zeros((2, 3, 1)), jnp.zeros(2, jnp.int32)
  pushed = [[], []]
  for step in range(20):
    valid = rng.random(2) < 0.6
    queue = recent.push(queue, count, jnp.full((2, 1), float(step)), jnp.array(valid))
    count = count + jnp.array(valid)
    filled, age = recent.queue_ages(count, 3)
    for b in range(2):
      pushed[b] += [step] if valid[b] else []
      found = {int(age[b, slot]): int(queue[b, slot, 0]) for slot in np.flatnonzero(filled[b])}
      assert found == {1 + i: value for i, value in enumerate(pushed[b][::-1][:3])}


def test_attention_to_nothing_is_zero():
  ones = jnp.ones((1, 2, 1, 4))
  kept = jnp.array([[[False, False], [True, False]]])
  found, weights = recent.attend(ones, ones, ones, kept)
  assert found[0, :, 0, 0].tolist() == [0, 1] and weights[0, 0].tolist() == [[0, 0], [1, 0]]


def test_a_bias_for_each_age():
  table = jnp.array([[10.0, 20.0]])
  assert recent.age_bias(table, jnp.array([[[1, 2]]]), youngest=1)[0, 0].tolist() == [[10, 20]]
  assert recent.age_bias(table, jnp.array([[[1, 0]]]), youngest=0)[0, 0].tolist() == [[20, 10]]
