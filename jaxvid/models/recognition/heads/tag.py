"""TAG-Head: a Transformer over a clip's tokens, propagation over their time-aligned graph, pooling, a classifier.

After the paper's section 3. K and alpha, which it leaves open, are APPNP's own here, 10 and 0.1. The paper's graph
followed by mean pooling equals mean pooling to within 0.2% (see jaxvid.ops.appnp.pooling_weights and
docs/recognition.md); `evidence`, `pooling` and `edge_weights` have variants in which the graph matters.
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

TINY = dict(num_layers=1, num_heads=2, mlp_width=16)  # For tests.
NO_GRADIENT = ("key/bias",)  # The same for all keys, which a softmax does not see.

POOLING = ("mean", "attention", "logsumexp")
EVIDENCE = ("features", "classes")
EDGE_WEIGHTS = ("equal", "learnt")
ALIGNMENT = ("place", "motion")


class Model(nn.Module):
  """Classifies features (B, T, H, W, C) of a clip backbone.

  Attributes:
    num_classes: of the classifier.
    width: channels of the tokens, to which a linear layer projects the features; None keeps the backbone's.
    num_layers, num_heads, mlp_width: of the Transformer (the paper's "FFN dim" is mlp_width); 0 layers for none.
    table: (T, H, W) of the learnt positions; None is the size that the network is initialised with. For features of
      another size the table is resized linearly, so a clip may be longer or larger than in training.
    intra_frame, temporal: use the edges within frames (IF-FC), and those over time (TAT); without both there is no
      propagation.
    alpha, num_steps: of the propagation.
    temporal_stride: frames between the ends of a temporal edge.
    alignment: what temporal edges join: the same "place" of both frames, or places shifted by the estimated camera
      "motion".
    motion_radius: largest such shift from frame to frame, in rows and columns.
    edge_weights: "equal", or a "learnt" weight for each of the two kinds of edges.
    evidence: what is propagated: the tokens' "features", as in the paper, or the logits of the "classes" of each token,
      as in APPNP.
    pooling: over all tokens: "mean" (the paper), "attention" (by a learnt query), or "logsumexp" of the classes'
      logits (needs evidence "classes"), which lets single places decide.
    final_norm: a layer norm after the Transformer; the paper's number of parameters does not include one.
    dropout, drop_path: rates within the Transformer.
    head_dropout: rate before the classifier.
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
      raise ValueError('pooling "logsumexp" works on class logits: set evidence to "classes"')
    if self.alignment == "motion" and (self.edge_weights == "learnt" or self.temporal_stride != 1):
      raise ValueError('alignment "motion" needs edge_weights "equal" and temporal_stride 1')
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
    # Shifts are estimated from the backbone's features: the tokens' position encodings do not move with the scene.
    shifts = appnp.estimate_shifts(features.features, self.motion_radius) if self.alignment == "motion" else None
    if self.evidence == "features":
      pooled = self._propagate_and_pool(tokens, grid, shifts)
      logits = classify(dropout(pooled))
    else:
      logits = self._propagate_and_pool(classify(dropout(tokens)), grid, shifts, tokens)
      pooled = tokens.mean(1, dtype=jnp.float32)  # For embedding plots only; the logits are pooled by themselves.
    return ClipOutputs(logits.astype(jnp.float32), pooled.astype(jnp.float32), features)

  def _positions(self, grid: tuple[int, int, int], channels: int) -> Float[Array, "T H W C"]:
    """The learnt positions, resized to a grid of this size."""
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
    """Propagates nodes over the graph and pools them: (B, N, D) -> (B, D), float32.

    Args:
      nodes: of all frames and places.
      grid: (T, H, W), whose product is N.
      shifts: of the scene from frame to frame, for alignment "motion"; else None.
      tokens: (B, N, C) that attention pooling scores; None takes the propagated nodes.
    """
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
