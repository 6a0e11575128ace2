"""Properties of whole networks: padding, gradients, published parameter counts, refusals."""

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import thumos_actionformer, thumos_sgp
from jaxvid.build import build_network
from jaxvid.train.optim import decay_mask

CLASSES, DIM = 3, 8
BACKBONES = {
  "local_transformer": dict(type="local_transformer", width=16, num_heads=2, window=5, depths=(2, 1, 2)),
  "local_transformer, positions": dict(
    type="local_transformer",
    width=16,
    num_heads=2,
    window=(5, 3, None),
    depths=(2, 1, 2),
    positions="sinusoid",
    relative_positions=False,
  ),
  "sgp": dict(type="sgp", width=16, window=3, k=2.0, mlp_width=24, depths=(2, 1, 2)),
  "sgp, average": dict(type="sgp", width=16, window=1, k=4.0, mlp_width=24, depths=(2, 1, 2), downsample="average"),
}


def make(backbone, **settings):
  spec = dict(backbone=backbone, neck=dict(type="identity"), head=dict(type="point", width=16), **settings)
  return build_network(spec, CLASSES)


def random_params(network, rng, steps=32):
  """Parameters as after long training: no bias zero, no scale one."""
  shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, steps, DIM)), jnp.ones((1, steps), bool))[
    "params"
  ]
  return jax.tree.map(lambda x: jnp.asarray(rng.normal(scale=0.4, size=x.shape) + 0.1, jnp.float32), shapes)


def outputs(network, params, features, steps, poison=0.0):
  """cls_logits and offsets at valid points of `features` padded to `steps`, all levels; padding holds `poison`."""
  length = len(features)
  padded = np.full((1, steps, DIM), poison, np.float32)
  padded[0, :length] = features
  out = jax.jit(network.apply)({"params": params}, padded, np.arange(steps)[None] < length)
  return [
    np.asarray(level[0])[np.asarray(mask[0])]
    for levels in (out.cls_logits, out.offsets)
    for level, mask in zip(levels, out.masks)
  ]


@pytest.mark.parametrize("length", [13, 32])
@pytest.mark.parametrize("name", BACKBONES)
def test_padding_changes_no_valid_output(rng, name, length):
  network = make(BACKBONES[name])
  params = random_params(network, rng)
  features = rng.normal(size=(length, DIM))
  alone = outputs(network, params, features, 32)
  for padded in (outputs(network, params, features, 32 + 16), outputs(network, params, features, 96, poison=1e3)):
    for a, b in zip(alone, padded):
      np.testing.assert_allclose(a, b, atol=2e-5 * max(1, np.abs(a).max()))


@pytest.mark.parametrize("name", ["local_transformer", "sgp"])
def test_reference_padding_does_change_it(rng, name):
  """The parity setting is what it says, and the test above can fail."""
  network = make(BACKBONES[name], padding="reference")
  params = random_params(network, rng)
  features = rng.normal(size=(32, DIM))
  differences = [
    np.abs(a - b).max() for a, b in zip(outputs(network, params, features, 32), outputs(network, params, features, 64))
  ]
  assert max(differences) > 1e-3


@pytest.mark.parametrize("name", BACKBONES)
def test_every_parameter_gets_a_gradient(rng, name):
  assert not _without_gradient(make(BACKBONES[name]), rng)


def test_dead_initialisation_keeps_five_convolutions_dead(rng):
  """TriDet's zero initialisation (facts of the public code): psi, fc, global_fc, conv_w and conv_kw never learn."""
  network = make(dict(BACKBONES["sgp"], init="dead"))
  dead = _without_gradient(network, rng)
  assert {path.split("/")[2] for path in dead} == {"psi", "fc", "global_fc", "conv_w", "conv_kw"}
  assert len(dead) == 5 * 2 * 3  # Kernel and bias of five convolutions in three blocks.


def _without_gradient(network, rng):
  """Paths of parameters whose gradient is zero everywhere, at initialisation."""
  features, mask = jnp.asarray(rng.normal(size=(2, 32, DIM)), jnp.float32), jnp.ones((2, 32), bool)

  @jax.jit
  def gradients(features):
    params = network.init(jax.random.key(1), features, mask)["params"]
    # A ReLU that starts below zero has no gradient: lift the offsets' so that each level's scale counts.
    params["head"]["reg"]["bias"] += 0.5

    def loss(params):
      out = network.apply({"params": params}, features, mask)
      return sum(jnp.sum(jnp.sin(level)) for levels in (out.cls_logits, out.offsets) for level in levels)

    return jax.grad(loss)(params)

  flat = flax.traverse_util.flatten_dict(gradients(features), sep="/")
  return [path for path, gradient in flat.items() if not np.any(np.asarray(gradient))]


@pytest.mark.parametrize("name", ["local_transformer", "sgp"])
def test_jit_equals_no_jit(rng, name):
  network = make(BACKBONES[name])
  params = random_params(network, rng)
  args = {"params": params}, rng.normal(size=(1, 32, DIM)).astype(np.float32), np.arange(32)[None] < 20
  with jax.disable_jit():
    plain = network.apply(*args)
  for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(jax.jit(network.apply)(*args))):
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_bfloat16_keeps_parameters_and_outputs_float32(rng):
  network = make(BACKBONES["local_transformer"], dtype="bfloat16")
  plain = make(BACKBONES["local_transformer"])
  params = plain.init(jax.random.key(0), jnp.zeros((1, 32, DIM)), jnp.ones((1, 32), bool))["params"]
  features = rng.normal(size=(32, DIM))
  for a, b in zip(outputs(network, params, features, 32), outputs(plain, params, features, 32)):
    assert a.dtype == np.float32
    np.testing.assert_allclose(a, b, atol=0.1)
  pyramid = jax.eval_shape(network.apply, {"params": params}, jnp.zeros((1, 32, DIM)), jnp.ones((1, 32), bool)).pyramid
  assert all(level.dtype == jnp.bfloat16 for level in pyramid.features)


def test_stochastic_depth_is_per_sequence_and_training_only(rng):
  network = make(dict(BACKBONES["local_transformer"], drop_path=0.5))
  params = random_params(network, rng)
  features = jnp.asarray(np.repeat(rng.normal(size=(1, 32, DIM)), 8, axis=0), jnp.float32)
  mask = jnp.ones((8, 32), bool)
  train = jax.jit(
    lambda key: network.apply({"params": params}, features, mask, train=True, rngs={"dropout": key}).cls_logits[0]
  )
  out = np.asarray(train(jax.random.key(0)))
  assert len(np.unique(out[:, 0, 0].round(4))) > 2, "eight equal sequences, different branches dropped"
  np.testing.assert_array_equal(out, train(jax.random.key(0)))
  still = np.asarray(network.apply({"params": params}, features, mask).cls_logits[0])
  np.testing.assert_allclose(still, np.repeat(still[:1], 8, axis=0), atol=1e-5)


# Totals and the split by weight decay as counted in the public models; heads of TriDet are not ours yet, so its
# backbone.
@pytest.mark.parametrize(
  "config, part, total, decayed",
  [
    (thumos_actionformer, None, 29_251_612, 29_164_032),
    (thumos_sgp, "backbone", 3_932_160 + 2_048 + 1_600_000 + 4_005_120, None),
  ],
)
def test_published_parameter_counts(config, part, total, decayed):
  c = config.get_config()
  network = build_network(c.model.to_dict(), c.task.num_classes)
  shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, 576, 2048)), jnp.ones((1, 576), bool))[
    "params"
  ]
  shapes = shapes[part] if part else shapes
  sizes = jax.tree.leaves(jax.tree.map(lambda x: x.size, shapes))
  assert sum(sizes) == total
  if decayed:
    assert sum(size for size, decays in zip(sizes, jax.tree.leaves(decay_mask(shapes))) if decays) == decayed


@pytest.mark.parametrize(
  "backbone, message",
  [
    (dict(type="local_transformer", width=10, num_heads=4), "10 channels cannot be split into 4 heads"),
    (dict(type="local_transformer", width=16, window=(5, 5)), "window names 2 levels, depths make 6"),
    (dict(type="local_transformer", width=16, window=4), "odd"),
    (dict(type="local_transformer", width=16, positions="sine"), 'positions must be "none" or "sinusoid"'),
    (dict(type="sgp", width=16, init="alive"), "init must be a standard deviation or one of"),
    (dict(type="sgp", width=16, downsample="mean"), 'downsample must be "max" or "average"'),
  ],
)
def test_wrong_arguments_are_refused(backbone, message):
  with pytest.raises(ValueError, match=message):
    jax.eval_shape(make(backbone).init, jax.random.key(0), jnp.zeros((1, 32, DIM)), jnp.ones((1, 32), bool))


def test_wrong_length_is_refused():
  with pytest.raises(ValueError, match="cannot be strided|cannot reshape|multiple"):
    network = make(BACKBONES["local_transformer"])
    jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, 30, DIM)), jnp.ones((1, 30), bool))
