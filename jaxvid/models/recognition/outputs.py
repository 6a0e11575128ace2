"""Outputs of the parts of a clip network, by name."""

from collections.abc import Mapping

import flax.struct
import jax.numpy as jnp
from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.ops.conv3d import Strided


@flax.struct.dataclass
class ClipFeatures:
  """Outputs of a clip backbone.

  Attributes:
    stages: name -> (B, T', H', W', C), in the order of computation (an OrderedDict, whose order jit keeps).
    pathways: the last stage of each pathway; only SlowFast has two, slow and fast, the fast one with more frames.
  """

  stages: Mapping[str, Array]
  pathways: tuple[Array, ...]

  @property
  def features(self) -> Strided:
    """Features (B, T', H', W', C) of all pathways, averaged over time down to the first one's frames, concatenated."""
    frames = self.pathways[0].shape[1]
    parts = [x.reshape(x.shape[0], frames, -1, *x.shape[2:]).mean(axis=2) for x in self.pathways[1:]]
    return jnp.concatenate([self.pathways[0], *parts], axis=-1) if parts else self.pathways[0]


@flax.struct.dataclass
class ClipOutputs:
  """Outputs of a clip head.

  Attributes:
    logits: (B, num_classes), float32.
    pooled: (B, C), float32: the classifier's input, for embedding plots.
    features: the head's input.
  """

  logits: Float[Array, "B K"]
  pooled: Float[Array, "B C"]
  features: ClipFeatures
