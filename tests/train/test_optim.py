"""Schedule, decay groups and the moving average's decay."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxvid.build import ConfigError
from jaxvid.train.optim import Optim, decay_mask

SCHEDULE = dict(type="warmup_cosine", warmup_epochs=2, final_lr=1e-5)


def test_schedule():
  _, lr = Optim(epochs=6, lr=1e-3, schedule=SCHEDULE).make(steps_per_epoch=2)
  # Warm-up of 4 steps rises from 0 to the peak at its last step; then half a cosine over the other 8.
  np.testing.assert_allclose([lr(t) for t in range(5)], [0, 1e-3 / 3, 2e-3 / 3, 1e-3, 1e-3], rtol=1e-6)
  np.testing.assert_allclose(lr(8), (1e-3 + 1e-5) / 2, rtol=1e-5)
  np.testing.assert_allclose([lr(12), lr(99)], [1e-5, 1e-5], rtol=1e-4)


def test_only_kernels_decay():
  params = {
    "a": {"kernel": jnp.ones(3), "bias": jnp.ones(3), "norm": {"scale": jnp.ones(3)}},
    "level_scale": jnp.ones(2),
    "relative_bias": jnp.ones((2, 3)),
  }
  assert decay_mask(params) == {
    "a": {"kernel": True, "bias": False, "norm": {"scale": False}},
    "level_scale": False,
    "relative_bias": False,
  }
  optimizer, _ = Optim(epochs=6, lr=0.1, weight_decay=0.5, schedule=dict(SCHEDULE, warmup_epochs=0)).make(1)
  updates, _ = optimizer.update(jax.tree.map(jnp.zeros_like, params), optimizer.init(params), params)
  np.testing.assert_allclose(updates["a"]["kernel"], -0.1 * 0.5, rtol=1e-6)
  assert not updates["a"]["bias"].any()


def test_clipping():
  optim = Optim(epochs=6, lr=1.0, schedule=SCHEDULE, clip_norm=1.0, settings=dict(eps=1.0, b1=0.0, b2=0.0))
  optimizer, _ = optim.make(1)
  params = {"bias": jnp.zeros(2)}
  state = optimizer.init(params)
  for _ in range(2):  # The first step's learning rate is zero.
    updates, state = optimizer.update({"bias": jnp.array([30.0, 40.0])}, state, params)
  # Clipped to (0.6, 0.8); with betas of zero Adam divides each by its own size plus epsilon.
  np.testing.assert_allclose(updates["bias"], [-0.6 / 1.6, -0.8 / 1.8], rtol=1e-5)
  assert optax.tree.norm(updates) < 1


def test_multistep():
  schedule = dict(type="warmup_multistep", warmup_epochs=2, milestones=(1, 3), gamma=0.5)
  _, lr = Optim(epochs=6, lr=1.0, schedule=schedule).make(steps_per_epoch=2)
  np.testing.assert_allclose([lr(t) for t in (0, 3, 4, 5, 6, 9, 10, 17)], [0, 1, 1, 1, 0.5, 0.5, 0.25, 0.25], rtol=1e-6)


def run(optim, gradients, start=1.0):
  """The values of one decaying parameter under some gradients, with the schedule at its peak."""
  optimizer, _ = optim.make(1)
  params = {"kernel": jnp.array(start)}
  state, found = optimizer.init(params), []
  for gradient in gradients:
    updates, state = optimizer.update({"kernel": jnp.array(gradient)}, state, params)
    params = optax.apply_updates(params, updates)
    found.append(float(params["kernel"]))
  return found


CONSTANT = dict(type="warmup_multistep", warmup_epochs=0, milestones=())


def test_sgd_by_hand():
  """PyTorch's rule: the decay goes into the gradient, the buffer is momentum * buffer + gradient."""
  optim = Optim(
    epochs=6, lr=0.1, schedule=CONSTANT, type="sgd", settings=dict(momentum=0.5), weight_decay=0.2, clip_norm=None
  )
  value, buffer, expected = 1.0, 0.0, []
  for gradient in (1.0, -2.0, 0.5):
    buffer = 0.5 * buffer + gradient + 0.2 * value
    value -= 0.1 * buffer
    expected.append(value)
  np.testing.assert_allclose(run(optim, (1.0, -2.0, 0.5)), expected, rtol=1e-6)


def test_adam_decays_through_the_gradient():
  """So a decay alone makes a full step; decoupled, a small one."""
  settings = dict(lr=0.1, schedule=CONSTANT, weight_decay=0.2)
  np.testing.assert_allclose(run(Optim(epochs=6, type="adam", **settings), (0.0,)), [0.9], rtol=1e-5)
  np.testing.assert_allclose(run(Optim(epochs=6, type="adamw", **settings), (0.0,)), [0.98], rtol=1e-5)


def test_learning_rates_by_path():
  params = {"backbone": {"stem": jnp.ones(2), "last": jnp.ones(2)}, "head": jnp.ones(2)}
  scales = (("backbone/stem", 0.0), ("backbone", 0.1))
  optim = Optim(
    epochs=6,
    lr=1.0,
    schedule=CONSTANT,
    type="sgd",
    settings=dict(momentum=0.0),
    weight_decay=0.0,
    lr_scale=scales,
    clip_norm=None,
  )
  optimizer, _ = optim.make(1)
  updates, _ = optimizer.update(params, optimizer.init(params), params)
  found = [float(x[0]) for x in (updates["backbone"]["stem"], updates["backbone"]["last"], updates["head"])]
  np.testing.assert_allclose(found, [0, -0.1, -1], rtol=1e-6)


def test_a_learning_rate_of_nothing_is_refused():
  optimizer, _ = Optim(epochs=6, lr=1.0, schedule=CONSTANT, lr_scale=(("bakbone", 0.1),)).make(1)
  with pytest.raises(ConfigError, match="no parameter's path begins with 'bakbone'"):
    optimizer.init({"backbone": jnp.ones(2)})


def test_moving_average():
  warm, constant = (Optim(epochs=6, lr=1.0, schedule=SCHEDULE, ema=0.99, ema_warmup=w) for w in (True, False))
  np.testing.assert_allclose([warm.ema_decay(t) for t in (0, 10, 10_000)], [0.1, 11 / 20, 0.99], rtol=1e-6)
  np.testing.assert_allclose([constant.ema_decay(t) for t in (0, 10)], [0.99, 0.99], rtol=1e-6)


@pytest.mark.parametrize(
  "change, message",
  [
    (dict(type="adamv"), '^config.optim.type: no optimizer "adamv"; optax has: .*adam, .*adamw, .*lion, .*muon'),
    (
      dict(schedule=dict(type="cosine")),
      '^config.optim.schedule.type: no schedule "cosine"; there are: constant, warmup_cosine, warmup_multistep',
    ),
    (dict(schedule=dict(SCHEDULE, epoch=3)), "config.optim.schedule.epoch: nothing reads this key"),
  ],
)
def test_unknown_names(change, message):
  with pytest.raises(ConfigError, match=message):
    Optim(**{"epochs": 6, "lr": 1.0, "schedule": SCHEDULE, **change}).make(1)


def apply(optimizer, state, gradients, params):
  for gradient in gradients:
    updates, state = optimizer.update(gradient, state, params)
    params = optax.apply_updates(params, updates)
  return params, state


@pytest.mark.parametrize("lr_scale", [(), (("head", 0.5),)])
@pytest.mark.parametrize(
  "type, settings, rule",
  [
    ("adamw", {}, lambda decay: (optax.scale_by_adam(), decay)),
    ("adam", dict(b1=0.8), lambda decay: (decay, optax.scale_by_adam(b1=0.8))),
    ("sgd", dict(momentum=0.9), lambda decay: (decay, optax.trace(0.9))),
  ],
)
def test_the_chain_of_earlier_checkpoints(type, settings, rule, lr_scale):
  """Same bits, and a state of the same layout, so that checkpoints of earlier versions can be restored."""
  optim = Optim(epochs=6, lr=0.1, schedule=SCHEDULE, type=type, settings=settings, lr_scale=lr_scale)
  optimizer, schedule = optim.make(2)
  place = [optax.identity()] if lr_scale else []
  decay = optax.add_decayed_weights(optim.weight_decay, decay_mask)
  parts = (optax.clip_by_global_norm(1.0), *rule(decay), *place, optax.scale_by_learning_rate(schedule))
  earlier = optax.chain(*parts)
  params = {"head": {"kernel": jnp.linspace(-1, 1, 6).reshape(2, 3), "bias": jnp.ones(3)}}
  gradients = [jax.tree.map(lambda x, k=k: jnp.sin(3 * x + k), params) for k in range(5)]
  found, state = apply(optimizer, optimizer.init(params), gradients, params)
  expected, earlier_state = apply(earlier, earlier.init(params), gradients, params)
  paths = lambda tree: [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(tree)]  # noqa: E731
  assert paths(state) == paths(earlier_state)
  if not lr_scale:
    jax.tree.map(np.testing.assert_array_equal, (found, state), (expected, earlier_state))


@pytest.mark.parametrize("name", ["muon", "lion", "lamb", "adamax", "rmsprop", "adafactor", "nadamw"])
def test_optimizers_of_optax(name):
  """By their name there, without code of ours: a loss falls, and only kernels decay."""
  optim = Optim(epochs=6, lr=0.01, schedule=dict(type="constant"), type=name)
  params = {"kernel": jnp.ones((4, 4)), "bias": jnp.ones(4)}
  loss = lambda params: sum(jnp.square(x).sum() for x in jax.tree.leaves(params))  # noqa: E731
  optimizer, _ = optim.make(1)
  found, state = params, optimizer.init(params)
  for _ in range(3):
    updates, state = optimizer.update(jax.grad(loss)(found), state, found)
    found = optax.apply_updates(found, updates)
  assert loss(found) < loss(params)
  zero = jax.tree.map(jnp.zeros_like, params)
  still, _ = apply(optimizer, optimizer.init(params), [zero], params)
  np.testing.assert_array_equal(still["bias"], params["bias"])


@pytest.mark.parametrize("type, key", [("adamw", "momentum"), ("sgd", "b1"), ("muon", "momentum")])
def test_a_setting_of_another_optimizer_is_an_error(type, key):
  with pytest.raises(ConfigError, match=f'^config.optim.{key}: nothing reads this key; with the type "{type}"'):
    Optim.from_config({"type": type, "lr": 1.0, "schedule": SCHEDULE, key: 0.9}, epochs=6)
