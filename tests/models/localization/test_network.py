"""Properties of whole networks: padding, gradients, published parameter counts, refusals."""

import dataclasses
import functools

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.configs import thumos_actionformer, thumos_sgp
from jaxvid.layers.sgp import GranularityMixtureBlock
from jaxvid.models.localization.backbones.granularity_mixture import granularity_weights
from jaxvid.tasks.base import build_network
from jaxvid.train.optim import decay_mask

CLASSES, DIM = 3, 8
TRANSFORMER = dict(type="local_transformer", width=16, num_heads=2, window=5, depths=(1, 1, 1))
SGP = dict(type="sgp", width=16, window=3, k=2.0, mlp_width=24, depths=(1, 1, 1))
CONV = dict(type="conv", width=16, depths=(1, 1, 1))
MIXTURE = dict(type="granularity_mixture", width=16, mlp_width=24, depths=(1, 1, 1), granularities=(1, 3, 5))
IDENTITY, POINT = dict(type="identity"), dict(type="point", width=16)
TRIDENT = dict(type="trident", width=16, num_bins=4, boundary_kernel_size=1)
# Settings that change what is computed, in as few networks as will do.
PARTS = {
  "local_transformer": (TRANSFORMER, IDENTITY, POINT),
  "global level, relative positions, streams": (
    dict(TRANSFORMER, window=(5, None), relative_positions=True, input_dims=(5, 3), input_widths=(10, 6)),
    IDENTITY,
    POINT,
  ),
  "positions, average": (
    dict(TRANSFORMER, positions="sinusoid", downsample="average"),
    dict(type="fpn", width=8),
    POINT,
  ),
  "strided, no norms": (
    dict(TRANSFORMER, downsample="strided", scale_factor=4, embed_norm=False),
    dict(type="fpn", norm=False),
    dict(POINT, norm=False),
  ),
  "sgp": (SGP, IDENTITY, POINT),
  "sgp, average, windows": (dict(SGP, window=(1, 3), downsample="average"), dict(type="refined_fpn"), POINT),
  "conv, upper levels, decoupled": (
    dict(CONV, depths=(1, 1, 2)),
    dict(type="fpn", start_level=1),
    dict(type="decoupled", width=16),
  ),
  "granularity_mixture, trident": (MIXTURE, IDENTITY, TRIDENT),
}

# Minutes of compilation in all; test_every_part.py has each part in its plainest settings.
VARIED = (
  "global level, relative positions, streams", "positions, average", "strided, no norms", "sgp, average, windows",
  "conv, upper levels, decoupled",
)  # fmt: skip


def make(name, **settings):
  backbone, neck, head = PARTS[name]
  return build_network(dict(backbone=backbone, neck=neck, head=head, **settings), CLASSES)


def random_params(network, rng, steps=32):
  """Parameters as after long training: no bias zero, no scale one."""
  shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, steps, DIM)), jnp.ones((1, steps), bool))[
    "params"
  ]
  return jax.tree.map(lambda x: jnp.asarray(rng.normal(scale=0.4, size=x.shape) + 0.1, jnp.float32), shapes)


def parts(out):
  """All that a head returns, a tuple of levels each, and the offsets that it stands for."""
  levels = np.cumsum([mask.shape[1] for mask in out.masks])[:-1]
  found = {field.name: getattr(out, field.name) for field in dataclasses.fields(out)}
  return [value for name, value in found.items() if isinstance(value, tuple) and name != "bins"] + [
    tuple(jnp.split(out.class_offsets(), levels, axis=1))
  ]


@functools.partial(jax.jit, static_argnums=0)
def run(network, params, features, mask):
  out = network.apply({"params": params}, features, mask)
  return parts(out), out.masks


def outputs(network, params, features, steps, poison=0.0):
  """Outputs at valid points of `features` padded to `steps`, all levels; padding holds `poison`."""
  length = len(features)
  padded = np.full((1, steps, DIM), poison, np.float32)
  padded[0, :length] = features
  found, masks = run(network, params, padded, np.arange(steps)[None] < length)
  return [np.asarray(level[0])[np.asarray(mask[0])] for levels in found for level, mask in zip(levels, masks)]


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIED)
def test_padding_changes_no_valid_output(rng, name):
  network = make(name)
  params = random_params(network, rng)
  for length in (13, 32):
    features = rng.normal(size=(length, DIM))
    alone = outputs(network, params, features, 32)
    for a, b in zip(alone, outputs(network, params, features, 80, poison=1e3), strict=True):
      np.testing.assert_allclose(a, b, atol=2e-5 * max(1, np.abs(a).max()))


@pytest.mark.parametrize("name", ["local_transformer", "sgp", "conv, upper levels, decoupled"])
def test_reference_padding_does_change_it(rng, name):
  """The parity setting is what it says, and the tests of padding can fail."""
  network = make(name, padding="reference")
  params = random_params(network, rng)
  features = rng.normal(size=(32, DIM))
  differences = [
    np.abs(a - b).max() for a, b in zip(outputs(network, params, features, 32), outputs(network, params, features, 64))
  ]
  assert max(differences) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIED)
def test_every_parameter_gets_a_gradient(rng, name):
  assert not _without_gradient(name, rng)


def test_dead_initialisation_keeps_five_convolutions_dead(rng, monkeypatch):
  """TriDet's zero initialisation (facts of the public code): psi, fc, global_fc, conv_w and conv_kw never learn."""
  monkeypatch.setitem(PARTS, "dead", (dict(SGP, init="dead"), IDENTITY, POINT))
  dead = _without_gradient("dead", rng)
  assert {path.split("/")[2] for path in dead} == {"psi", "fc", "global_fc", "conv_w", "conv_kw"}
  assert len(dead) == 5 * 2 * 2  # Kernel and bias of five convolutions in two blocks.


def _without_gradient(name, rng):
  """Paths of parameters whose gradient is zero everywhere, at initialisation."""
  network = make(name)
  features, mask = jnp.asarray(rng.normal(size=(2, 32, DIM)), jnp.float32), jnp.ones((2, 32), bool)

  @jax.jit
  def gradients(features):
    params = network.init(jax.random.key(1), features, mask)["params"]
    # What starts at zero holds back the gradient of what comes before it: lift it. A ReLU that starts below zero too.
    for path in (("reg", "bias"), ("start", "shift", "kernel"), ("end", "shift", "kernel"), *DECOUPLED_ZEROS):
      branch = params["head"]
      for part in path[:-1]:
        branch = branch.get(part, {}) if part in branch else {}
      if path[-1] in branch:
        branch[path[-1]] += 0.5

    def loss(params):
      out = network.apply({"params": params}, features, mask)
      return sum(jnp.sum(jnp.sin(level)) for levels in parts(out) for level in levels)

    return jax.grad(loss)(params)

  flat = flax.traverse_util.flatten_dict(gradients(features), sep="/")
  return [path for path, gradient in flat.items() if not np.any(np.asarray(gradient))]


DECOUPLED_ZEROS = [(name, "value", "kernel") for name in ("cls_cross", "reg_cross")]


@pytest.mark.slow
def test_bfloat16_keeps_parameters_and_outputs_float32(rng):
  network = make("local_transformer", dtype="bfloat16")
  plain = make("local_transformer")
  params = plain.init(jax.random.key(0), jnp.zeros((1, 32, DIM)), jnp.ones((1, 32), bool))["params"]
  features = rng.normal(size=(32, DIM))
  for a, b in zip(outputs(network, params, features, 32), outputs(plain, params, features, 32)):
    assert a.dtype == np.float32
    np.testing.assert_allclose(a, b, atol=0.1)
  pyramid = jax.eval_shape(network.apply, {"params": params}, jnp.zeros((1, 32, DIM)), jnp.ones((1, 32), bool)).pyramid
  assert all(level.dtype == jnp.bfloat16 for level in pyramid.features)


def test_stochastic_depth_is_per_sequence_and_training_only(rng, monkeypatch):
  monkeypatch.setitem(PARTS, "dropping", (dict(TRANSFORMER, drop_path=0.5), IDENTITY, POINT))
  network = make("dropping")
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
    (dict(type="local_transformer", width=10, num_heads=4), "num_heads 4 does not divide the 10 channels"),
    (dict(type="local_transformer", width=16, window=(5, 5)), "window has 2 values for the 6 levels"),
    (dict(type="local_transformer", width=16, window=4), "odd"),
    (dict(type="local_transformer", width=16, positions="sine"), 'positions must be "none" or "sinusoid"'),
    (dict(type="sgp", width=16, init="alive"), "init must be a standard deviation or one of"),
    (dict(type="sgp", width=16, downsample="mean"), "downsample must be one of max, average, strided"),
    (dict(type="conv", width=16, input_dims=(5, 4), input_widths=(8, 8)), "add up to the 8 channels"),
    (dict(type="granularity_mixture", width=16, granularities=(3, 3)), "positive odd numbers, each once"),
  ],
)
def test_wrong_arguments_are_refused(monkeypatch, backbone, message):
  monkeypatch.setitem(PARTS, "wrong", (backbone, IDENTITY, POINT))
  with pytest.raises(ValueError, match=message):
    jax.eval_shape(make("wrong").init, jax.random.key(0), jnp.zeros((1, 32, DIM)), jnp.ones((1, 32), bool))


def test_wrong_length_is_refused():
  with pytest.raises(ValueError, match="features of 31 steps, but a pyramid of 2 levels needs a multiple of 2. Use 32"):
    network = make("local_transformer")
    jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, 31, DIM)), jnp.ones((1, 31), bool))


def test_granularity_weights_can_be_read_out(rng):
  params = random_params(make("granularity_mixture, trident"), rng)
  weights = granularity_weights(params)
  assert list(weights) == ["backbone/branch_0", "backbone/stem_0"]
  logits = np.asarray(params["backbone"]["branch_0"]["granularity_logits"], np.float64)
  np.testing.assert_allclose(weights["backbone/branch_0"], np.exp(logits) / np.exp(logits).sum(), rtol=1e-6)


def test_mixture_is_the_weighted_sum_of_its_parts(rng):
  """Equation 1: with all the weight on one granularity, the block is the block of that granularity alone."""
  block = lambda granularities: GranularityMixtureBlock(granularities=granularities, mlp_width=8)  # noqa: E731
  x, mask = jnp.asarray(rng.normal(size=(1, 16, 16)), jnp.float32), jnp.ones((1, 16), bool)
  params = block((1, 3, 7)).init(jax.random.key(0), x, mask, False)["params"]
  sure = dict(params, granularity_logits=jnp.array([0.0, 0.0, 50.0]))
  alone = {key: value for key, value in params.items() if key not in ("conv_3", "fc", "global_fc")}
  alone["granularity_logits"] = jnp.zeros(1)
  mixed, single = (block(g).apply({"params": p}, x, mask, False)[0] for g, p in (((1, 3, 7), sure), ((7,), alone)))
  np.testing.assert_allclose(mixed, single, atol=1e-5)


def test_upper_levels_keep_their_strides():
  network = make("conv, upper levels, decoupled")
  features = jax.ShapeDtypeStruct((1, 32, DIM), np.float32)
  mask = jax.ShapeDtypeStruct((1, 32), np.bool_)
  out = jax.eval_shape(lambda *args: network.init_with_output(jax.random.key(0), *args)[0], features, mask)
  assert out.pyramid.strides == (2, 4) and [m.shape[1] for m in out.masks] == [16, 8]
