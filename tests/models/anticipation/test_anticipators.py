"""Anticipators: causality, windows against streams, gaps; Action-Guided Attention against its equations in NumPy."""

import functools

import jax
import numpy as np
import pytest

from jaxvid.models.anticipation.anticipators import action_guided, causal_transformer, last_feature, lstm
from jaxvid.models.anticipation.network import AnticipationNetwork

B, T, C, K, D, H, S = 2, 8, 5, 7, 8, 2, 3
GUIDED = functools.partial(action_guided.Model, K, D, num_heads=H, window=S)
MODELS = {
  "full": GUIDED(),
  "gradient": GUIDED(feedback_gradient=True),
  "features": GUIDED(attention="features"),
  "no_gate": GUIDED(gate=False),
  "no_ema": GUIDED(alpha=1.0),
  "age_bias": GUIDED(age_bias=True, gate_width=6),
  "norm": action_guided.Model(K, C, embed=False, num_heads=1, window=S, input_norm=True),
  "no_history": action_guided.Model(K, D, num_heads=H, window=0),
  "last_feature": last_feature.Model(K, D, num_layers=2),
  "lstm": lstm.Model(K, D, num_unrolled=2),
  "transformer": causal_transformer.Model(K, D, num_heads=H, window=S),
  "no_layers": causal_transformer.Model(K, D, num_layers=0, num_heads=H, window=S),
}
VARIED = ("features", "age_bias", "norm", "no_history", "no_layers")  # Slow tests: half of this file's compilation.
ALL = pytest.mark.parametrize(
  "name", [pytest.param(name, marks=pytest.mark.slow) if name in VARIED else name for name in MODELS]
)
WITH_PAST = [name for name in MODELS if name not in ("no_history", "last_feature", "no_layers")]


def data(seed=0, all_valid=False):
  rng = np.random.default_rng(seed)
  mask = np.ones((B, T), bool) if all_valid else rng.random((B, T)) < 0.8
  return rng.normal(size=(B, T, C)).astype(np.float32), mask


@functools.cache
def built(name):
  """(network, variables), far from what they are initialised with, so that nothing is small by chance."""
  network = AnticipationNetwork(MODELS[name], num_verbs=3, num_nouns=2)
  variables = jax.jit(network.init)(jax.random.key(1), *data())
  noise = lambda x: x + 0.3 * jax.random.normal(jax.random.key(x.size), x.shape)  # noqa: E731
  return network, jax.jit(lambda v: jax.tree.map(noise, v))(variables)


@functools.cache
def windowed(name):
  return jax.jit(built(name)[0].apply)


def logits(name, features, mask):
  return np.array(windowed(name)(built(name)[1], features, mask).logits)


@functools.cache
def stepper(name):
  return jax.jit(functools.partial(built(name)[0].apply, method="step"))


def streamed(name, features, mask, state=None):
  network, variables = built(name)
  state, found = network.init_state(len(features)) if state is None else state, []
  for t in range(features.shape[1]):
    state, outputs = stepper(name)(variables, state, features[:, t], mask[:, t])
    found.append(jax.device_get(outputs))
  return state, jax.tree.map(lambda *x: np.stack(x, 1), *found)


@ALL
def test_a_stream_is_a_window(name):
  features, mask = data()
  window, (_, stream) = windowed(name)(built(name)[1], features, mask), streamed(name, features, mask)
  window = jax.device_get(window)
  for part in ("logits", "hidden", "verb_logits", "noun_logits"):
    np.testing.assert_allclose(getattr(stream, part)[mask], getattr(window, part)[mask], atol=1e-5)
  assert np.std(window.logits[mask]) > 0.1
  if window.attention is not None:
    _check_attention(window.attention, stream.attention, mask, youngest=int(name != "transformer"))


def _check_attention(over_window, by_age, mask, youngest):
  for b, t in zip(*np.nonzero(mask)):
    seen = [j for j in range(t + 1 - youngest) if mask[b, j]][::-1]
    wanted = np.zeros(by_age.shape[2:])
    wanted[:, : len(seen)] = over_window[b, :, t, seen][: wanted.shape[1]].T[:, : wanted.shape[1]]
    np.testing.assert_allclose(by_age[b, t], wanted, atol=1e-5)


@ALL
def test_no_prediction_knows_the_future(name):
  features, mask = data(all_valid=True)
  network, variables = built(name)
  now = 4

  def over_window(features):
    return network.apply(variables, features, mask).logits[0, now]

  def over_stream(features):
    state, found = network.init_state(B), []
    for t in range(T):
      state, outputs = network.apply(variables, state, features[:, t], mask[:, t], method="step")
      found.append(outputs.logits[0])
    return found[now]

  for way in (over_window, over_stream):
    gradient = np.array(jax.jit(jax.jacrev(way))(features))[:, 0]
    assert not gradient[:, now + 1 :].any()
    assert gradient[:, now].any() == (name != "no_gate")
    past_is_seen = bool(gradient[:, :now].any())
    assert past_is_seen == (name in WITH_PAST)
  later = np.concatenate([features[:, : now + 1], features[:, now + 1 :][:, ::-1]], 1)
  np.testing.assert_array_equal(logits(name, later, mask)[:, : now + 1], logits(name, features, mask)[:, : now + 1])


@ALL
def test_what_is_masked_is_not_seen(name):
  features, mask = data()
  other = np.where(mask[..., None], features, np.nan)
  np.testing.assert_array_equal(logits(name, other, mask)[mask], logits(name, features, mask)[mask])
  # Nor does it take up room: without those steps at all, the others are as they were.
  kept = np.flatnonzero(mask[0])
  shorter = logits(name, features[:1, kept], np.ones((1, len(kept)), bool))
  np.testing.assert_allclose(shorter[0], logits(name, features, mask)[0, kept], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_PAST)
def test_a_gradient_reaches_every_parameter(name):
  features, mask = data()
  network, variables = built(name)

  def loss(variables):
    out = network.apply(variables, features, mask)
    return sum((mask[..., None] * x**2).sum() for x in (out.logits, out.verb_logits, out.noun_logits))

  gradients = jax.device_get(jax.jit(jax.grad(loss))(variables))
  for path, gradient in jax.tree_util.tree_leaves_with_path(gradients):
    if "key" in jax.tree_util.keystr(path) and "bias" in jax.tree_util.keystr(path):
      continue  # The same for all keys, which a softmax does not see.
    assert np.abs(gradient).max() > 1e-6, path


def test_feedback_gradient_is_what_it_says():
  """The same outputs; with it, earlier classifiers' parameters get more than the direct gradient."""
  features, mask = data()
  (network, variables), (other, _) = built("full"), built("gradient")
  value = lambda net: lambda v: (mask[..., None] * net.apply(v, features, mask).logits ** 2).sum()  # noqa: E731
  without, with_it = (jax.jit(jax.value_and_grad(value(net)))(variables) for net in (network, other))
  np.testing.assert_allclose(without[0], with_it[0], rtol=1e-6)
  differences = jax.tree.map(lambda a, b: float(np.abs(np.array(a) - np.array(b)).max()), without[1], with_it[1])
  assert max(jax.tree.leaves(differences)) > 1e-3


def softmax(x):
  x = np.exp(x - x.max(-1, keepdims=True))
  return x / x.sum(-1, keepdims=True)


def in_numpy(params, features, mask, alpha, gate=True):
  """The equations of the module's docstring, one window, step by step: logits (T, K), NaN where masked."""
  dense = lambda name, x: x @ params[name]["kernel"] + params[name]["bias"]  # noqa: E731
  heads = lambda name, x: np.einsum("c,chd->hd", x, params[name]["kernel"]) + params[name]["bias"]  # noqa: E731
  average, queue, found = np.full(K, 1 / K), [], np.full((len(features), K), np.nan)
  for t in np.flatnonzero(mask):
    e = dense("to_width", features[t])
    past = np.zeros(D)
    if queue:
      query, keys = heads("to_query", average), np.stack([heads("to_key", y) for y, _ in queue])
      values = np.stack([heads("to_value", x) for _, x in queue])
      weights = softmax(np.einsum("hd,nhd->hn", query, keys) / np.sqrt(D / H))
      past = np.einsum("hd,hdc->c", np.einsum("hn,nhd->hd", weights, values), params["to_output"]["kernel"])
    o = past
    if gate:
      g = dense("gate_out", np.maximum(dense("gate_in", np.concatenate([past, e])), 0))
      g = 1 / (1 + np.exp(-g))
      o = g * past + (1 - g) * e
    found[t] = dense("classifier", o)
    y = softmax(found[t])
    average = alpha * y + (1 - alpha) * average
    queue = [*queue, (y, e)][-S:]
  return found


@pytest.mark.parametrize("name, settings", [("full", {}), ("no_ema", dict(alpha=1.0)), ("no_gate", dict(gate=False))])
def test_equations(name, settings):
  features, mask = data()
  params = jax.tree.map(np.float64, built(name)[1]["params"]["anticipator"])
  found = logits(name, features, mask)
  for b in range(B):
    expected = in_numpy(params, np.float64(features[b]), np.array(mask[b]), **dict(dict(alpha=0.8), **settings))
    np.testing.assert_allclose(found[b][mask[b]], expected[mask[b]], atol=1e-5)


def test_what_is_taught_is_fed_back_in_place_of_the_prediction():
  features, mask = data(all_valid=True)
  network, variables = built("full")
  plain = jax.device_get(windowed("full")(variables, features, mask))
  with_history = jax.jit(functools.partial(network.apply, method="with_history"))
  nothing = np.full((B, T), -1)
  np.testing.assert_array_equal(plain.logits, with_history(variables, features, mask, nothing).logits)
  something = np.where(np.arange(T) == 4, 2, nothing)
  taught = jax.device_get(with_history(variables, features, mask, something))
  np.testing.assert_array_equal(taught.fed_back[:, 4], np.eye(K)[[2] * B])
  np.testing.assert_array_equal(taught.logits[:, :5], plain.logits[:, :5])  # It is seen from the next step on.
  assert np.abs(taught.logits[:, 5] - plain.logits[:, 5]).max() > 1e-3
  average = 0.8 * taught.fed_back[:, 4] + 0.2 * plain.query[:, 4]
  np.testing.assert_allclose(taught.query[:, 5], average, rtol=1e-5)


def test_a_teacher_teaches_in_training_alone():
  features, mask = data(all_valid=True)
  network = AnticipationNetwork(GUIDED(teacher_share=1.0), num_verbs=3, num_nouns=2)
  variables, labels = built("full")[1], np.where(np.arange(T) == 3, 1, np.full((B, T), -1))
  apply = functools.partial(jax.jit(network.apply, static_argnames="train"), variables, features, mask)
  trained = jax.device_get(apply(labels, train=True, rngs={"dropout": jax.random.key(0)}))
  np.testing.assert_array_equal(trained.fed_back[:, 3], np.eye(K)[[1] * B])
  np.testing.assert_allclose(trained.fed_back[:, 2], softmax(trained.logits[:, 2]), rtol=1e-5)  # It does not know all.
  np.testing.assert_array_equal(apply(labels).fed_back, apply().fed_back)
  with pytest.raises(ValueError, match="a teacher needs the labels"):
    apply(train=True, rngs={"dropout": jax.random.key(0)})


@pytest.mark.parametrize("name", WITH_PAST)
def test_the_memory_of_a_stream_does_not_grow(name):
  features, mask = data(all_valid=True)
  state, _ = streamed(name, features, mask)
  later, _ = streamed(name, features, mask, state)
  first = built(name)[0].init_state(B)
  shapes = [jax.tree.map(np.shape, x) for x in (first, state, later)]
  assert shapes[0] == shapes[1] == shapes[2]
  pointers = [leaf.unsafe_buffer_pointer() for leaf in jax.tree.leaves(first)]
  assert len(set(pointers)) == len(pointers)  # Donated, each is given away once.


@pytest.mark.parametrize(
  "make, message",
  [
    (lambda: GUIDED(attention="both"), "is none of predictions, features"),
    (lambda: action_guided.Model(K, 9, num_heads=2), "divide the width 9"),
    (lambda: GUIDED(alpha=0.0), "alpha 0.0 must lie in"),
    (lambda: action_guided.Model(K, D, num_heads=H, window=0, gate=False), "window must be 1 or more"),
    (lambda: causal_transformer.Model(K, D, num_heads=3), "divide the width 8"),
    (lambda: action_guided.Model(K, D, embed=False, num_heads=H).init(jax.random.key(0), *data()), "5 channels"),
  ],
)
def test_wrong_settings(make, message):
  with pytest.raises(ValueError, match=message):
    make()


def test_dropout_reaches_the_outputs_and_not_what_is_fed_back():
  features, mask = data(all_valid=True)
  network = AnticipationNetwork(GUIDED(dropout=0.5), num_verbs=3, num_nouns=2)
  apply = functools.partial(jax.jit(network.apply, static_argnames="train"), built("full")[1], features, mask)
  one, two = (jax.device_get(apply(train=True, rngs={"dropout": jax.random.key(i)})) for i in (1, 2))
  assert np.abs(one.logits - two.logits).max() > 1e-3
  np.testing.assert_array_equal(one.fed_back, two.fed_back)
