"""One device and eight give the same training."""

import jax
import numpy as np
import pytest

import tiny
from jaxvid.train import sharding
from jaxvid.train.experiment import Experiment
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
    mesh = sharding.make_mesh(8, count)
    batches = experiment.data.train_batches(source, seed=0)
    first = next(batches)
    everywhere = sharding.replicated_sharding(mesh)
    key = jax.device_put(jax.random.key(0), everywhere)
    inputs = first["features"], first["mask"]
    state = create_state(experiment.network, experiment.task, optimizer, inputs, 1, everywhere)
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


def test_refusals():
  with pytest.raises(ValueError, match="batch_size: 6 cannot be split over 8 devices"):
    sharding.make_mesh(6)
  with pytest.raises(ValueError, match="num_devices: 9, but there are 8 devices; give fewer"):
    sharding.make_mesh(9, 9)
