"""Properties of the clip backbones, on tiny versions; tests/weights holds them to the published ones."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.build import ConfigError, construct
from jaxvid.models.recognition.backbones import csn, from_features, i3d, r2plus1d, slow, slowfast
from jaxvid.models.recognition.normalization import NORMALIZATIONS
from models.tiny_clips import network


@functools.lru_cache
def prepared(name, **settings):
  """(network, variables as after some training, clip)."""
  rng = np.random.default_rng(1)
  model, shape = network(name, **settings)
  shapes = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros(shape))
  random = lambda x: jnp.asarray(rng.normal(size=x.shape) / np.sqrt(max(x.size / x.shape[-1], 4)), x.dtype)  # noqa: E731
  variables = {
    "params": jax.tree.map(random, shapes["params"]),
    "batch_stats": jax.tree.map(lambda x: jnp.asarray(rng.uniform(0.5, 1.5, x.shape), x.dtype), shapes["batch_stats"]),
  }
  return model, variables, jnp.asarray(rng.normal(size=shape), jnp.float32)


@functools.partial(jax.jit, static_argnums=0)
def run(model, variables, clip):
  return model.apply(variables, clip)


@functools.partial(jax.jit, static_argnums=0)
def gradients(model, variables, clip):
  """A training step's (outputs, new statistics), and the gradient of its parameters."""

  def loss(params):
    out, changed = model.apply(variables | {"params": params}, clip, train=True, mutable=["batch_stats"])
    weights = jnp.sin(jnp.arange(out.logits.size, dtype=jnp.float32)).reshape(out.logits.shape)
    return jnp.sum(out.logits * weights), (out, changed["batch_stats"])

  grads, aux = jax.grad(loss, has_aux=True)(variables["params"])
  return aux, grads


def test_frozen_batch_norm_changes_no_statistic_and_computes_the_same_in_training():
  model, variables, clip = prepared("r2plus1d", batch_norm="frozen")
  train = jax.jit(functools.partial(model.apply, train=True, mutable=["batch_stats"]))
  out, changed = train(variables, clip)
  jax.tree.map(np.testing.assert_array_equal, changed["batch_stats"], variables["batch_stats"])
  np.testing.assert_array_equal(out.logits, run(model, variables, clip).logits)


@pytest.mark.slow
def test_remat_changes_nothing_but_memory():
  _, variables, clip = prepared("slow")
  plain, again = (gradients(prepared("slow", remat=remat)[0], variables, clip) for remat in (False, True))
  jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(a).max()), plain, again)


def test_remat_is_done():
  model, variables, clip = prepared("slow", remat=True)
  assert "remat" in str(jax.make_jaxpr(functools.partial(gradients, model))(variables, clip))
  model, variables, clip = prepared("slow")
  assert "remat" not in str(jax.make_jaxpr(functools.partial(gradients, model))(variables, clip))


def test_bfloat16_is_the_computation_and_float32_the_rest():
  model, variables, clip = prepared("slowfast", dtype="bfloat16")
  out = run(model, variables, clip)
  assert {x.dtype for x in jax.tree.leaves(out.features)} == {jnp.dtype("bfloat16")}
  assert out.logits.dtype == out.pooled.dtype == jnp.float32
  exact = run(prepared("slowfast")[0], variables, clip)
  assert 1e-6 < np.abs(out.pooled - exact.pooled).max() / np.abs(exact.pooled).max() < 0.1


def test_stages_are_named_in_order_through_jit():
  model, variables, clip = prepared("i3d")
  out = run(model, variables, clip)
  names = list(i3d.ENDPOINTS)
  assert list(out.features.stages) == names[: names.index("Mixed_3b") + 1]
  np.testing.assert_array_equal(out.features.features, out.features.stages["Mixed_3b"])
  model, variables, clip = prepared("slowfast")
  stages = run(model, variables, clip).features.stages
  parts = ["stem", "stage_0"]
  assert list(stages) == [f"{pathway}_{part}" for part in parts for pathway in ("slow", "fast")]


def test_features_of_two_pathways_are_the_slow_ones_and_the_fast_ones_mean_over_time():
  model, variables, clip = prepared("slowfast")
  features = run(model, variables, clip).features
  slow_part, fast_part = features.pathways
  assert (slow_part.shape[1], fast_part.shape[1]) == (2, 8)
  channels = slow_part.shape[-1]
  np.testing.assert_array_equal(features.features[..., :channels], slow_part)
  np.testing.assert_allclose(features.features[:, 1, ..., channels:], fast_part[:, 4:].mean(axis=1), rtol=1e-5)


def test_slow_frames_are_those_of_the_public_code():
  np.testing.assert_array_equal(slowfast.slow_frames(32, 4), [0, 4, 8, 13, 17, 22, 26, 31])
  np.testing.assert_array_equal(slowfast.slow_frames(16, 4), [0, 5, 10, 15])
  np.testing.assert_array_equal(slowfast.slow_frames(4, 4), [0])
  # torch.linspace(0, 159, 40)[13] is just under 53.
  np.testing.assert_array_equal(slowfast.slow_frames(160, 4)[12:15], [48, 52, 57])
  with pytest.raises(ValueError, match="a multiple of alpha = 4 frames; got 30"):
    slowfast.slow_frames(30, 4)


@pytest.mark.parametrize("shape", [(2, 5, 7), (2, 5, 3, 4, 7)])
def test_from_features_passes_them_through(rng, shape):
  x = rng.normal(size=shape).astype(np.float32)
  out = from_features.Model().apply({}, x)
  np.testing.assert_array_equal(out.features, x.reshape(2, 5, *shape[2:-1] or (1, 1), 7))
  assert list(out.stages) == ["features"]
  with pytest.raises(ValueError, match=r"got shape \(2, 7\)"):
    from_features.Model().apply({}, np.zeros((2, 7), np.float32))


def test_every_backbone_names_its_normalization():
  assert {module.NORMALIZATION for module in (r2plus1d, csn, slow, slowfast, i3d)} == set(NORMALIZATIONS)


@pytest.mark.parametrize(
  "constructor, settings, message",
  [
    (slow.Model, dict(batch_norm="off"), "batch_norm must be one of trained, frozen; got 'off'"),
    (slow.Model, dict(stem=3), "nothing reads this key"),
  ],
)
def test_settings_that_cannot_be(constructor, settings, message):
  with pytest.raises(ConfigError, match=message):
    construct(constructor, settings, "config.model.backbone")


@pytest.mark.parametrize(
  "model, channels, message",
  [
    (r2plus1d.Model(depth=50), 3, "depth must be one of 18, 34, or set depths, mid_planes and norm_epsilon; got 50"),
    (r2plus1d.Model(mid_planes="last"), 3, "mid_planes must be one of first, each; got 'last'"),
    (csn.Model(depth=18), 3, "depth must be one of 50, 101, 152, or set depths; got 18"),
    (i3d.Model(in_channels=2), 3, "the clip has 3 channels, in_channels is 2"),
    (i3d.Model(final_endpoint="Logits"), 3, "final_endpoint must be one of Conv3d_1a_7x7, .*; got 'Logits'"),
  ],
)
def test_settings_that_no_network_has(model, channels, message):
  with pytest.raises(ValueError, match=message):
    jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 8, 32, 32, channels)))
