"""One device and eight give the same training."""

import functools

import jax
import numpy as np
import pytest

import tiny
from jaxvid.train import sharding
from jaxvid.train.experiment import Experiment, Train
from jaxvid.train.state import create_state
from jaxvid.train.step import make_train_step


def test_eight_devices_are_one(tmp_path):
  assert jax.device_count() == 8
  experiment = Experiment.from_config(tiny.get_config().to_dict(), str(tmp_path))
  source = experiment.open_split("train")
  optimizer, schedule = experiment.optim.make(3)
  step = jax.jit(make_train_step(experiment.network, experiment.task, optimizer, schedule, experiment.optim.ema_decay))
  losses, finals = [], []
  for count in (1, 8):
    mesh = sharding.make_mesh(8, Train(epochs=1, num_devices=count))
    batches = experiment.data.train_batches(source, seed=0)
    first = next(batches)
    key = jax.device_put(jax.random.key(0), sharding.replicated_sharding(mesh))
    inputs = first["features"], first["mask"]
    place = functools.partial(sharding.state_sharding, mesh=mesh)
    state = create_state(experiment.network, experiment.task, optimizer, inputs, 1, place)
    assert all(len(x.sharding.device_set) == count for x in jax.tree.leaves(state))
    values = []
    for batch in (first, next(batches), next(batches)):
      batch = sharding.put_batch(batch, mesh)
      assert len(batch["features"].sharding.device_set) == count
      state, metrics = step(state, batch, key)
      values.append(float(metrics["loss"]))
    losses.append(values)
    finals.append(jax.device_get(state))
  np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
  # Adam divides by the root of tiny second moments, so rounding shows more in the parameters than in the loss.
  for a, b in zip(jax.tree.leaves(finals[0]), jax.tree.leaves(finals[1])):
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_evaluation_takes_whole_arrays():
  mesh = sharding.make_mesh(8, Train(epochs=1))
  values = np.arange(16.0)
  split, copied = (
    jax.device_put(values, place(mesh)) for place in (sharding.batch_sharding, sharding.replicated_sharding)
  )
  found = sharding.unshard({"split": split, "copied": copied})
  assert found["copied"] is copied
  for part in found["split"].addressable_shards:
    np.testing.assert_array_equal(part.data, values)


def test_refusals():
  with pytest.raises(ValueError, match="batch_size: 6 cannot be split over 8 devices"):
    sharding.make_mesh(6, Train(epochs=1))
  with pytest.raises(ValueError, match="num_devices: 9, but there are 8 devices; give fewer"):
    sharding.make_mesh(9, Train(epochs=1, num_devices=9))
