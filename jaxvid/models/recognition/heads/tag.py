"""TAG-Head: a Transformer over a clip's tokens, propagation over their time-aligned graph, pooling, a classifier.

After the paper's section 3, which leaves K and alpha open: here APPNP's own, 10 and 0.1. Its graph and mean pooling
together are mean pooling to within 0.2% (jaxvid.ops.appnp.pooling_weights says why, docs/recognition.md what follows);
`evidence`, `pooling` and `edge_weights` have variants in which the graph matters.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.layers.encoder import EncoderBlock
from jaxvid.models.recognition.outputs import ClipFeatures, ClipOutputs
from jaxvid.ops import appnp

POOLING = ("mean", "attention", "logsumexp")
EVIDENCE = ("features", "classes")
EDGE_WEIGHTS = ("equal", "learnt")
ALIGNMENT = ("place", "motion")


class Model(nn.Module):
  """Features (B, T, H, W, C) of a clip backbone in, logits out.

  Attributes:
    num_classes: of the classifier.
    width: channels of the tokens; None takes the backbone's as they are, else a linear layer leads there.
    num_layers, num_heads, mlp_width: of the Transformer ("FFN dim" is mlp_width); no layers, no Transformer.
    table: (T, H, W) of the learnt positions; None is the size that the network is initialised with. Features of
      another size see the table resized (linearly), so a clip may be longer or larger than in training.
    intra_frame, temporal: the two sets of edges (IF-FC, TAT), each of which can be left out; without both there is no
      propagation.
    alpha, num_steps: of the propagation.
    temporal_stride: frames from one end of a temporal edge to the other.
    alignment: what temporal edges join: the same "place", or the places that estimated camera "motion" leads to, of up
      to `motion_radius` rows and columns a frame.
    edge_weights: "equal", or a "learnt" weight for each of the two sets.
    evidence: what is propagated: the tokens' "features", as in the paper, or the "classes" that the classifier sees in
      each of them, as APPNP was published.
    pooling: over all tokens: "mean" (the paper), "attention" (by a learnt query), or "logsumexp" of the classes'
      logits (needs evidence "classes"), which lets single places decide.
    final_norm: a layer norm after the Transformer, which the paper's count of parameters has no room for.
    dropout, drop_path: rates within the Transformer; head_dropout: before the classifier.
    dtype: of the computation.
  """

  num_classes: int
  width: int | None = None
  num_layers: int = 2
  num_heads: int = 8
  mlp_width: int = 1024
  table: tuple[int, int, int] | None = None
  intra_frame: bool = True
  temporal: bool = True
  alpha: float = 0.1
  num_steps: int = 10
  temporal_stride: int = 1
  alignment: str = "place"
  motion_radius: int = 1
  edge_weights: str = "equal"
  evidence: str = "features"
  pooling: str = "mean"
  final_norm: bool = False
  dropout: float = 0.0
  drop_path: float = 0.0
  head_dropout: float = 0.0
  dtype: Any = jnp.float32

  def __post_init__(self) -> None:
    choices = dict(pooling=POOLING, evidence=EVIDENCE, edge_weights=EDGE_WEIGHTS, alignment=ALIGNMENT)
    for name, allowed in choices.items():
      if getattr(self, name) not in allowed:
        raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(allowed)}")
    if self.pooling == "logsumexp" and self.evidence != "classes":
      raise ValueError('pooling "logsumexp" is of class evidence: set evidence to "classes"')
    if self.alignment == "motion" and (self.edge_weights == "learnt" or self.temporal_stride != 1):
      raise ValueError('alignment "motion" goes with equal edge weights and a temporal stride of 1')
    if not 0 <= self.alpha <= 1 or self.num_steps < 0 or self.temporal_stride < 1:
      raise ValueError(
        f"alpha {self.alpha} must lie in [0, 1], num_steps {self.num_steps} be 0 or more, temporal_stride "
        f"{self.temporal_stride} 1 or more"
      )
    super().__post_init__()

  @nn.compact
  def __call__(self, features: ClipFeatures, train: bool = False) -> ClipOutputs:
    x = features.features.astype(self.dtype)
    if self.width is not None:
      x = nn.Dense(self.width, dtype=self.dtype, name="project")(x)
    grid, channels = x.shape[1:4], x.shape[-1]
    tokens = (x + self._positions(grid, channels)).reshape(x.shape[0], -1, channels)
    for i in range(self.num_layers):
      sizes = (self.num_heads, self.mlp_width, self.dropout, self.drop_path)
      tokens = EncoderBlock(*sizes, dtype=self.dtype, name=f"encoder_{i}")(tokens, train)
    if self.final_norm:
      tokens = nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, dtype=self.dtype, name="final_norm")(tokens)

    dropout = nn.Dropout(self.head_dropout, deterministic=not train)
    classify = nn.Dense(self.num_classes, dtype=self.dtype, name="classifier")
    # Shifts are seen in what the backbone gives: positions would hold the tokens in their places.
    shifts = appnp.estimate_shifts(features.features, self.motion_radius) if self.alignment == "motion" else None
    if self.evidence == "features":
      pooled = self._propagate_and_pool(tokens, grid, shifts)
      logits = classify(dropout(pooled))
    else:
      logits = self._propagate_and_pool(classify(dropout(tokens)), grid, shifts, tokens)
      pooled = tokens.mean(1, dtype=jnp.float32)  # For plots; what decides are the classes.
    return ClipOutputs(logits.astype(jnp.float32), pooled.astype(jnp.float32), features)

  def _positions(self, grid: tuple[int, int, int], channels: int) -> Float[Array, "T H W C"]:
    """(T, H, W, C) positions for a grid of this size."""
    if self.is_initializing():
      shape = (*(self.table or grid), channels)
      table = self.param("positions", nn.initializers.truncated_normal(0.02), shape)
    else:
      table = self.get_variable("params", "positions")
    if table.shape[:3] != tuple(grid):
      table = jax.image.resize(table, (*grid, channels), "linear", antialias=False)
    return table.astype(self.dtype)

  def _propagate_and_pool(
    self, nodes: Array, grid: tuple[int, int, int], shifts: Array | None, tokens: Array | None = None
  ) -> Array:
    """(B, N, D) -> (B, D), float32, over num_steps of personalised PageRank; attention is paid to what it sees in the
    tokens, which are the propagated nodes where there are no others."""
    graph = appnp.Graph(self.alpha, self.num_steps, self.intra_frame, self.temporal, self.temporal_stride)
    weights = None
    if self.edge_weights == "learnt":
      # softplus(0.5413) is 1: at first the graph is the paper's.
      weights = nn.softplus(self.param("edge_weights", nn.initializers.constant(0.54132485), (2,)))
    in_frames = nodes.reshape(-1, grid[0], grid[1] * grid[2], nodes.shape[-1])
    if shifts is not None:
      in_frames = appnp.propagate_along(nodes.reshape(-1, *grid, nodes.shape[-1]), shifts, graph)
    elif self.pooling == "mean":
      return appnp.propagate_and_average(in_frames, graph, weights)
    elif self.intra_frame or self.temporal:
      in_frames = appnp.propagate(in_frames, graph, weights)
    nodes = in_frames.reshape(nodes.shape).astype(jnp.float32)
    if self.pooling == "mean":
      return nodes.mean(1)
    if self.pooling == "logsumexp":
      return jax.nn.logsumexp(nodes, axis=1) - jnp.log(nodes.shape[1])
    seen = nodes if tokens is None else tokens.astype(jnp.float32)
    attention = jax.nn.softmax(nn.Dense(1, dtype=jnp.float32, name="pool_attention")(seen), axis=1)
    return (attention * nodes).sum(1)
