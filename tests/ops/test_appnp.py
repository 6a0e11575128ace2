"""Propagation: the closed form is the iteration, whatever the graph; what follows from it; edges along a motion."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.ops import appnp
from jaxvid.ops.appnp import Graph

EDGE_SETS = [dict(intra_frame=a, temporal=b) for a, b in itertools.product((True, False), repeat=2)]
# num_frames, num_places, K, alpha, stride.
CASES = [
  (1, 1, 10, 0.1, 1),
  (1, 9, 1, 0.5, 1),
  (2, 1, 10, 0.1, 1),
  (4, 49, 10, 0.1, 1),
  (7, 5, 0, 0.1, 1),
  (7, 5, 20, 0.0, 2),
  (32, 12, 20, 0.1, 1),
  (3, 5, 10, 0.2, 3),
]


def draw(rng, num_frames, num_places, channels=3, batch=2):
  return jnp.asarray(rng.normal(size=(batch, num_frames, num_places, channels)), jnp.float32)


def dense(num_frames, num_places, graph):
  """H(K) = Z F with Z from the N x N matrices of the definition, in float64, written without the edges."""
  frame, place = np.divmod(np.arange(num_frames * num_places), num_places)
  same_frame, same_place = frame[:, None] == frame, place[:, None] == place
  adjacent = np.eye(len(frame), dtype=bool)
  adjacent |= graph.intra_frame & same_frame
  adjacent |= graph.temporal & same_place & (np.abs(frame[:, None] - frame) == graph.stride)
  scale = 1 / np.sqrt(adjacent.sum(1))
  a = scale[:, None] * adjacent * scale
  z = np.eye(len(frame))
  for _ in range(graph.num_steps):
    z = (1 - graph.alpha) * a @ z + graph.alpha * np.eye(len(frame))
  return z


@pytest.mark.parametrize("num_frames, num_places, num_steps, alpha, stride", CASES)
@pytest.mark.parametrize("edge_sets", EDGE_SETS, ids=str)
def test_closed_form_is_the_iteration(num_frames, num_places, num_steps, alpha, stride, edge_sets, rng):
  nodes = draw(rng, num_frames, num_places)
  graph = Graph(alpha, num_steps, stride=stride, **edge_sets)
  exact = np.einsum("mn,bnc->bmc", dense(num_frames, num_places, graph), nodes.reshape(2, -1, 3)).reshape(nodes.shape)
  np.testing.assert_allclose(appnp.propagate(nodes, graph), exact, atol=1e-5)
  np.testing.assert_allclose(appnp.propagate_over_edges(nodes, graph), exact, atol=1e-5)


def test_closed_form_is_the_iteration_on_many_places(rng):
  nodes = draw(rng, 3, 196, batch=1)
  np.testing.assert_allclose(appnp.propagate(nodes, Graph()), appnp.propagate_over_edges(nodes, Graph()), atol=1e-5)


@pytest.mark.parametrize("edge_sets", EDGE_SETS, ids=str)
def test_the_mean_over_all_nodes(edge_sets, rng):
  nodes = draw(rng, 5, 7)
  expected = appnp.propagate_over_edges(nodes, Graph(**edge_sets)).mean((1, 2))
  np.testing.assert_allclose(appnp.propagate_and_average(nodes, Graph(**edge_sets)), expected, atol=1e-5)


@pytest.mark.parametrize("edge_sets", EDGE_SETS, ids=str)
def test_gradients_agree(edge_sets, rng):
  nodes, weights = draw(rng, 5, 7), draw(rng, 5, 7)
  graph = Graph(**edge_sets)
  closed, iterated = (
    jax.grad(lambda x, f=f: (weights * f(x, graph) ** 2).sum())(nodes)
    for f in (appnp.propagate, appnp.propagate_over_edges)
  )
  np.testing.assert_allclose(closed, iterated, atol=1e-5)


def test_without_edges_nothing_happens(rng):
  nodes = draw(rng, 4, 6)
  np.testing.assert_allclose(appnp.propagate(nodes, Graph(intra_frame=False, temporal=False)), nodes, atol=1e-6)


def test_the_papers_graph_and_mean_pooling_are_near_mean_pooling():
  """The finding that docs/recognition.md tells of: w = (0.2497, 0.2502, 0.2502, 0.2497)."""
  weights = appnp.pooling_weights(4, 49, Graph())
  np.testing.assert_allclose(weights, (0.2497, 0.2502, 0.2502, 0.2497), atol=6e-5)


def test_edge_weights_of_one_are_the_papers_graph(rng):
  nodes = draw(rng, 4, 9)
  weighted = appnp.propagate(nodes, Graph(), jnp.ones(2))
  np.testing.assert_allclose(weighted, appnp.propagate(nodes, Graph()), atol=1e-6)


def test_edge_weights_against_the_definition(rng):
  """And their gradients are finite and not zero."""
  num_frames, num_places = 4, 3
  nodes, (intra, temporal) = draw(rng, num_frames, num_places), (0.3, 2.5)
  frame, place = np.divmod(np.arange(num_frames * num_places), num_places)
  m = np.eye(len(frame)) + intra * ((frame[:, None] == frame) & (place[:, None] != place))
  m += temporal * ((place[:, None] == place) & (np.abs(frame[:, None] - frame) == 1))
  scale = 1 / np.sqrt(m.sum(1))
  h = first = np.asarray(nodes, float).reshape(2, -1, 3)
  for _ in range(10):
    h = 0.9 * np.einsum("mn,bnc->bmc", scale[:, None] * m * scale, h) + 0.1 * first
  weights = jnp.array([intra, temporal])
  np.testing.assert_allclose(appnp.propagate(nodes, Graph(), weights), h.reshape(nodes.shape), atol=1e-5)
  gradient = jax.grad(lambda w: (appnp.propagate(nodes, Graph(), w) ** 2).sum())(weights)
  assert np.all(np.isfinite(gradient)) and np.all(np.abs(gradient) > 1e-3)


@pytest.mark.parametrize("edge_sets", EDGE_SETS, ids=str)
def test_along_no_motion_is_the_same_place(edge_sets, rng):
  nodes = draw(rng, 5, 12)
  graph = Graph(**edge_sets)
  along = appnp.propagate_along(nodes.reshape(2, 5, 3, 4, 3), jnp.zeros((2, 4, 2), int), graph)
  np.testing.assert_allclose(along.reshape(nodes.shape), appnp.propagate(nodes, graph), atol=1e-5)


def test_along_a_motion_by_hand():
  """Two frames of one row: place x of the first is place x + 1 of the second."""
  nodes = jnp.zeros((1, 2, 1, 3, 1)).at[0, 0, 0, 0, 0].set(1.0)
  graph = Graph(alpha=0.0, num_steps=1, intra_frame=False)
  found = appnp.propagate_along(nodes, jnp.array([[[0, 1]]]), graph)[0, :, 0, :, 0]
  # Nodes with a temporal edge have degree 2, so half stays and half goes along.
  np.testing.assert_allclose(found, [[0.5, 0, 0], [0, 0.5, 0]], atol=1e-6)


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (0, -2), (-1, 2)])
def test_finds_the_shift(shift, rng):
  scene = rng.normal(size=(14, 14, 8))
  corners = [(4 - t * shift[0], 4 - t * shift[1]) for t in range(3)]  # The window goes where the scene comes from.
  frames = np.stack([scene[y : y + 6, x : x + 6] for y, x in corners])
  found = appnp.estimate_shifts(jnp.asarray(frames[None]), radius=2)
  np.testing.assert_array_equal(found, np.broadcast_to(shift, (1, 2, 2)))


def test_a_stride_beside_a_motion_is_refused():
  with pytest.raises(ValueError, match="stride 2"):
    appnp.propagate_along(jnp.zeros((1, 2, 1, 1, 1)), jnp.zeros((1, 1, 2), int), Graph(stride=2))
