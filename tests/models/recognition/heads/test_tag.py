"""TAG-Head: the published count, what each setting does, positions of another size, gradients everywhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.build import ConfigError, build
from jaxvid.models.recognition.heads.tag import Model
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops import appnp
from jaxvid.tasks.base import build_network

SMALL = dict(num_classes=5, num_layers=1, num_heads=2, mlp_width=16)


def features(rng, shape=(2, 3, 2, 2, 8)):
  x = jnp.asarray(rng.normal(size=shape), jnp.float32)
  return ClipFeatures({"last": x}, (x,))


def run(rng, given=None, seed=0, **settings):
  given = given or features(rng)
  model = Model(**(SMALL | settings))
  return jax.jit(model.init_with_output)(jax.random.key(seed), given)


def count(tree):
  return sum(x.size for x in jax.tree.leaves(tree))


def test_the_published_count():
  """Facts: 6,405,120 without the classifier, for 4 x 49 places of 512 channels and an MLP of 2,048."""
  head = Model(num_classes=500, mlp_width=2048)
  last = jnp.zeros((1, 4, 7, 7, 512))
  variables = jax.eval_shape(head.init, jax.random.key(0), ClipFeatures({"last": last}, (last,)))
  params = dict(variables["params"])
  assert count(params.pop("classifier")) == 512 * 500 + 500
  assert count(params) == 6_405_120


def test_without_edges_and_transformer_it_is_mean_pooling(rng):
  given = features(rng)
  outputs, variables = run(rng, given, num_layers=0, intra_frame=False, temporal=False)
  positions, classify = variables["params"]["positions"], variables["params"]["classifier"]
  pooled = (given.features + positions).mean((1, 2, 3))
  np.testing.assert_allclose(outputs.pooled, pooled, atol=1e-6)
  np.testing.assert_allclose(outputs.logits, pooled @ classify["kernel"] + classify["bias"], atol=1e-5)


def test_propagation_and_pooling_are_those_of_the_op(rng):
  given = features(rng)
  outputs, variables = run(rng, given, num_layers=0, alpha=0.3, num_steps=4)
  tokens = (given.features + variables["params"]["positions"]).reshape(2, 3, 4, 8)
  expected = appnp.propagate_over_edges(tokens, appnp.Graph(0.3, 4)).mean((1, 2))
  np.testing.assert_allclose(outputs.pooled, expected, atol=1e-5)


# Each against the model without it, on the same parameters: a switch that does nothing would be a defect.
MATTERS = [
  dict(intra_frame=False, pooling="attention"),
  dict(temporal=False, pooling="attention"),
  dict(alpha=0.9, pooling="attention"),
  dict(num_steps=1, pooling="attention"),
  dict(temporal_stride=2, pooling="attention"),
  dict(intra_frame=False, pooling="logsumexp", evidence="classes"),
  dict(intra_frame=False, temporal=False, pooling="logsumexp", evidence="classes"),
]


@pytest.mark.parametrize("settings", MATTERS, ids=str)
def test_with_these_variants_the_graph_matters(settings, rng):
  given = features(rng)
  variant = {key: settings[key] for key in ("pooling", "evidence") if key in settings}
  plain, _ = run(rng, given, **variant)
  changed, _ = run(rng, given, **settings)
  assert np.abs(plain.logits - changed.logits).max() > 1e-3


def test_with_mean_pooling_evidence_does_not_matter(rng):
  """Classifier, propagation and mean are linear: their order makes no difference."""
  given = features(rng)
  before, _ = run(rng, given)
  after, _ = run(rng, given, evidence="classes")
  np.testing.assert_allclose(before.logits, after.logits, atol=1e-5)


def test_learnt_edge_weights_start_from_the_papers_graph(rng):
  given = features(rng)
  equal, _ = run(rng, given)
  learnt, variables = run(rng, given, edge_weights="learnt")
  assert variables["params"]["edge_weights"].shape == (2,)
  np.testing.assert_allclose(equal.logits, learnt.logits, atol=1e-5)


def test_positions_of_another_size_are_resized(rng):
  model = Model(**SMALL, table=(2, 3, 3))
  variables = jax.jit(model.init)(jax.random.key(0), features(rng))
  assert variables["params"]["positions"].shape == (2, 3, 3, 8)
  apply = jax.jit(model.apply)
  small, large = (apply(variables, features(rng, (2, *shape, 8))) for shape in ((2, 3, 3), (4, 6, 5)))
  assert small.logits.shape == large.logits.shape == (2, 5)
  # A table of one value stays it.
  constant = {"params": variables["params"] | {"positions": jnp.full((2, 3, 3, 8), 0.5)}}
  given = features(rng, (2, 4, 2, 6, 8))
  same = apply({"params": constant["params"] | {"positions": jnp.full((4, 2, 6, 8), 0.5)}}, given)
  np.testing.assert_allclose(apply(constant, given).logits, same.logits, atol=1e-5)


@pytest.mark.parametrize(
  "settings",
  [
    dict(width=4, final_norm=True, pooling="attention", edge_weights="learnt"),
    dict(pooling="logsumexp", evidence="classes"),
    dict(alignment="motion", pooling="attention"),
  ],
  ids=str,
)
def test_a_gradient_reaches_every_parameter_of_a_variant(settings, rng):
  given = features(rng)
  _, variables = run(rng, given, **settings)
  model = Model(**(SMALL | settings))
  weights = jnp.asarray(rng.normal(size=(2, 5)), jnp.float32)
  loss = lambda p: (weights * model.apply({"params": p}, given, train=True).logits).sum()  # noqa: E731
  gradients = jax.jit(jax.grad(loss))(variables["params"])
  for path, gradient in jax.tree_util.tree_leaves_with_path(gradients):
    # A bias of the keys moves all of a query's logits alike.
    if "key" in str(path) and "bias" in str(path):
      continue
    assert np.abs(gradient).max() > 0, path


@pytest.mark.parametrize(
  "settings, message",
  [
    (dict(pooling="max"), "pooling: 'max' is none of mean"),
    (dict(pooling="logsumexp"), "works on class logits"),
    (dict(alignment="motion", temporal_stride=2), "needs edge_weights .equal. and temporal_stride 1"),
    (dict(alpha=1.5), "must lie in"),
  ],
)
def test_wrong_settings(settings, message):
  with pytest.raises(ConfigError, match=message):
    build("jaxvid.models.recognition.heads", dict(type="tag", **settings), "config.model.head", num_classes=3)


@pytest.mark.parametrize("head", [dict(type="pool"), dict(type="tag", num_layers=1, num_heads=2, mlp_width=8)])
def test_network_trains_its_head_alone_when_the_backbone_is_frozen(head, rng):
  backbone = dict(type="r2plus1d", width=8, depths=(1, 1), mid_planes="each", norm_epsilon=1e-3)
  network = build_network(dict(backbone=backbone, head=head, freeze_backbone=True), 3, "recognition")
  video = jnp.asarray(rng.integers(0, 256, (2, 4, 16, 16, 3)), jnp.uint8)
  variables = jax.jit(network.init)(jax.random.key(0), video)

  def loss(params):
    rest = {name: value for name, value in variables.items() if name != "params"}
    outputs, changed = network.apply({"params": params, **rest}, video, train=True, mutable=["batch_stats"])
    return (outputs.logits**2).sum(), (changed, rest)

  gradients, (changed, rest) = jax.jit(jax.grad(loss, has_aux=True))(variables["params"])
  assert not any(np.any(g) for g in jax.tree.leaves(gradients["backbone"]))
  assert any(np.any(g) for g in jax.tree.leaves(gradients["head"]))
  jax.tree.map(np.testing.assert_array_equal, dict(changed), dict(rest))
