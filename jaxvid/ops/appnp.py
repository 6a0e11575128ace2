"""Propagation over a time-aligned graph by personalised PageRank (TAG-Head, section 3; APPNP, Gasteiger et al. 2019).

The nodes are the places p of the frames t of a clip's features, (B, T, P, C). Edges within a frame join all its places
(IF-FC); temporal edges join the same place of frames `stride` apart (TAT). With M the adjacency of both and the
identity, D its degrees and A = D^-1/2 M D^-1/2,

  H(0) = F;  H(k + 1) = (1 - alpha) A H(k) + alpha F,  k = 0 .. num_steps - 1,

which is a polynomial of A applied to F. `propagate` computes it in closed form: D depends on the frame alone, so A acts
on the frames' means as one T x T matrix, and on each place's difference from its frame's mean as another. The
polynomial of these two small matrices costs the same for any num_steps. `propagate_over_edges` is the iteration itself,
edge by edge. `propagate_along` is for temporal edges that follow a motion, where no such matrices exist.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from jaxvid.array_types import Array

Nodes = Float[Array, "B T P C"]
Matrix = Float[Array | np.ndarray, "T T"]  # A NumPy array where nothing is learnt.


class Graph(NamedTuple):
  """The edges of a time-aligned graph, and how far to propagate over them.

  Attributes:
    alpha: share of F in every step, in [0, 1] (the teleport probability).
    num_steps: K.
    intra_frame: edges among all places of a frame.
    temporal: edges between the same place of frames `stride` apart.
    stride: of the temporal edges, in frames.
  """

  alpha: float = 0.1
  num_steps: int = 10
  intra_frame: bool = True
  temporal: bool = True
  stride: int = 1


def propagate(nodes: Nodes, graph: Graph, weights: Float[Array, "2"] | None = None) -> Nodes:
  """Propagates nodes F to H(K) in closed form, in the dtype of F.

  Args:
    nodes: F.
    graph: edges, K and alpha.
    weights: of an intra-frame and of a temporal edge, positive; a node's edge to itself weighs 1. None: 1 and 1, the
      paper's graph, whose matrices are constants of the program.
  """
  num_frames, num_places = nodes.shape[1:3]
  of_means, of_residuals = mixing_matrices(num_frames, num_places, graph, weights)
  dtype = nodes.dtype
  # S_m mean + S_r (F - mean) = S_r F + (S_m - S_r) mean: one pass over the nodes, one over the frames.
  means = nodes.mean(2, dtype=jnp.float32)
  shift = jnp.einsum("ts,bsc->btc", jnp.asarray(of_means - of_residuals, jnp.float32), means)
  mixed = jnp.einsum("ts,bspc->btpc", jnp.asarray(of_residuals, dtype), nodes)
  return mixed + shift[:, :, None].astype(dtype)


def propagate_and_average(nodes: Nodes, graph: Graph, weights: Float[Array, "2"] | None = None) -> Float[Array, "B C"]:
  """The mean of H(K) over all nodes, float32; needs the frames' means only. Arguments as in `propagate`."""
  num_frames, num_places = nodes.shape[1:3]
  of_means, _ = mixing_matrices(num_frames, num_places, graph, weights)
  return jnp.einsum("t,btc->bc", jnp.asarray(of_means.mean(0), jnp.float32), nodes.mean(2, dtype=jnp.float32))


def mixing_matrices(
  num_frames: int, num_places: int, graph: Graph, weights: Float[Array, "2"] | None = None
) -> tuple[Matrix, Matrix]:
  """Matrices (S_m, S_r) of the whole propagation: of the frames' means, and of the places' differences from them.

  Without `weights` they are NumPy arrays, float64; with, JAX arrays that are differentiable in the weights.
  """
  xp = np if weights is None else jnp
  intra, temporal = (1.0, 1.0) if weights is None else (weights[0], weights[1])
  frames = np.arange(num_frames)
  path = (np.abs(frames[:, None] - frames) == graph.stride).astype(np.float64) * graph.temporal
  identity = np.eye(num_frames)
  intra = intra * float(graph.intra_frame)
  degrees = 1 + intra * (num_places - 1) + temporal * path.sum(1)
  scale = 1 / xp.sqrt(degrees)
  normalise = lambda matrix: scale[:, None] * matrix * scale  # noqa: E731
  # Intra-frame edges sum over all places of a frame: P times the mean, while the differences from it sum to zero.
  on_means = normalise((1 + intra * (num_places - 1)) * identity + temporal * path)
  on_residuals = normalise((1 - intra) * identity + temporal * path)
  return _polynomial(on_means, graph, identity), _polynomial(on_residuals, graph, identity)


def pooling_weights(num_frames: int, num_places: int, graph: Graph) -> np.ndarray:
  """Weight (T,) of each frame's mean in the mean of H(K) over all nodes. In the paper's graph 1 / T to within 0.2%."""
  return np.asarray(mixing_matrices(num_frames, num_places, graph)[0]).mean(0)


def edges(num_frames: int, num_places: int, graph: Graph) -> Int[np.ndarray, "E 2"]:
  """Every edge (sender, receiver), in both directions and from each node to itself; node (t, p) is t * P + p."""
  index = np.arange(num_frames * num_places).reshape(num_frames, num_places)
  pairs = [np.stack([index.ravel(), index.ravel()], -1)]
  if graph.intra_frame:
    senders, receivers = np.broadcast_arrays(index[:, :, None], index[:, None, :])
    others = ~np.eye(num_places, dtype=bool)
    pairs.append(np.stack([senders[:, others].ravel(), receivers[:, others].ravel()], -1))
  if graph.temporal and graph.stride < num_frames:
    earlier, later = index[: -graph.stride].ravel(), index[graph.stride :].ravel()
    pairs += [np.stack([earlier, later], -1), np.stack([later, earlier], -1)]
  return np.concatenate(pairs)


def propagate_over_edges(nodes: Nodes, graph: Graph) -> Nodes:
  """Propagates nodes to H(K) by iterating over explicit edges: the reference for `propagate`."""
  batch, num_frames, num_places, channels = nodes.shape
  senders, receivers = edges(num_frames, num_places, graph).T
  size = num_frames * num_places
  scale = 1 / np.sqrt(np.bincount(receivers, minlength=size))
  coefficients = jnp.asarray(scale[senders] * scale[receivers], nodes.dtype)[:, None, None]
  first = jnp.moveaxis(nodes.reshape(batch, size, channels), 1, 0)

  def step(_, state):
    received = jax.ops.segment_sum(coefficients * state[senders], receivers, size)
    return (1 - graph.alpha) * received + graph.alpha * first

  last = jax.lax.fori_loop(0, graph.num_steps, step, first)
  return jnp.moveaxis(last, 0, 1).reshape(nodes.shape)


def propagate_along(
  nodes: Float[Array, "B T H W C"], shifts: Int[Array, "B T-1 2"], graph: Graph
) -> Float[Array, "B T H W C"]:
  """Propagates nodes to H(K) over a graph whose temporal edges follow the motion of the whole scene.

  Place (y, x) of frame t is joined to (y, x) + shifts[t] of frame t + 1, if that is inside. With shifts of zero this
  equals `propagate` with a stride of 1.

  Args:
    nodes: F, with the places of a frame in their rows and columns.
    shifts: of the scene from each frame to the next, in rows and columns, see `estimate_shifts`.
    graph: its stride must be 1.

  Raises:
    ValueError: the graph's stride is another.
  """
  if graph.stride != 1:
    raise ValueError(f"stride {graph.stride}: edges that follow a motion join a frame to the next one only")
  num_places = nodes.shape[2] * nodes.shape[3]
  first = nodes.astype(jnp.float32)

  def neighbours(values):
    """Sums over the temporal edges of each node; (B, T, H, W, C)."""
    into_later = _shift(values[:, :-1], shifts)  # From frame t to t + 1.
    into_earlier = _shift(values[:, 1:], -shifts)
    return jnp.pad(into_later, [(0, 0), (1, 0)] + [(0, 0)] * 3) + jnp.pad(into_earlier, [(0, 0), (0, 1)] + [(0, 0)] * 3)

  degrees = 1.0 + graph.intra_frame * (num_places - 1)
  if graph.temporal:
    degrees = degrees + neighbours(jnp.ones_like(first[..., :1]))
  scale = 1 / jnp.sqrt(degrees)

  def step(_, state):
    scaled = scale * state
    received = scaled
    if graph.intra_frame:
      received = jnp.broadcast_to(scaled.sum((2, 3), keepdims=True), scaled.shape)
    if graph.temporal:
      received = received + neighbours(scaled)
    return (1 - graph.alpha) * scale * received + graph.alpha * first

  return jax.lax.fori_loop(0, graph.num_steps, step, first).astype(nodes.dtype)


def estimate_shifts(nodes: Float[Array, "B T H W C"], radius: int) -> Int[Array, "B T-1 2"]:
  """Estimates the shift of the whole scene from each frame to the next, for `propagate_along`; not differentiable.

  Of the shifts of up to `radius` rows and columns, it is the one with the highest mean cosine of features where both
  frames overlap; among equals the smallest.
  """
  unit = jax.lax.stop_gradient(nodes.astype(jnp.float32))
  unit = unit / jnp.maximum(jnp.linalg.norm(unit, axis=-1, keepdims=True), 1e-6)
  steps = [(y, x) for y in range(-radius, radius + 1) for x in range(-radius, radius + 1)]
  # Sorted by size, since argmax takes the first of equals.
  steps.sort(key=lambda step: (abs(step[0]) + abs(step[1]), step))
  candidates = jnp.array(steps, jnp.int32)
  overlap = jnp.ones_like(unit[:, :-1, ..., :1])

  def likeness(shift):
    shifts = jnp.broadcast_to(shift, (*unit.shape[:1], unit.shape[1] - 1, 2))
    alike = (_shift(unit[:, :-1], shifts) * unit[:, 1:]).sum((2, 3, 4))
    return alike / jnp.maximum(_shift(overlap, shifts).sum((2, 3, 4)), 1)

  scores = jax.lax.map(likeness, candidates)  # (candidates, B, T - 1)
  return candidates[jnp.argmax(scores, axis=0)]


def _shift(values: Float[Array, "B T H W C"], shifts: Int[Array, "B T 2"]) -> Float[Array, "B T H W C"]:
  """Moves the values of each frame by so many rows and columns; zeros come in from outside."""
  height, width = values.shape[2:4]

  def move(frame, shift):  # (H, W, C)
    rows, columns = jnp.arange(height) - shift[0], jnp.arange(width) - shift[1]
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    moved = frame[jnp.clip(rows, 0, height - 1)][:, jnp.clip(columns, 0, width - 1)]
    return jnp.where(inside[..., None], moved, 0)

  return jax.vmap(jax.vmap(move))(values, shifts)


def _polynomial(matrix: Matrix, graph: Graph, identity: np.ndarray) -> Matrix:
  """The matrix that takes F to H(K), by Horner's scheme."""
  result = identity
  for _ in range(graph.num_steps):
    result = (1 - graph.alpha) * matrix @ result + graph.alpha * identity
  return result
