"""What the parts of a clip network return: named parts."""

from collections.abc import Mapping

import flax.struct
import jax.numpy as jnp
from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.ops.conv3d import Strided


@flax.struct.dataclass
class ClipFeatures:
  """What a backbone makes of a clip.

  Attributes:
    stages: name -> (B, T', H', W', C), in the order of computation (an ordered dict, whose order jit keeps too).
    pathways: the last stage of each pathway; only SlowFast has two, slow and fast, the fast one with more frames.
  """

  stages: Mapping[str, Array]
  pathways: tuple[Array, ...]

  @property
  def features(self) -> Strided:
    """(B, T', H', W', C) of all pathways: each averaged over time down to the frames of the first, side by side."""
    frames = self.pathways[0].shape[1]
    parts = [x.reshape(x.shape[0], frames, -1, *x.shape[2:]).mean(axis=2) for x in self.pathways[1:]]
    return jnp.concatenate([self.pathways[0], *parts], axis=-1) if parts else self.pathways[0]


@flax.struct.dataclass
class ClipOutputs:
  """What a head makes of a clip's features.

  Attributes:
    logits: (B, num_classes), float32.
    pooled: (B, C), float32: what the classifier sees, for embedding plots.
    features: what the backbone gave.
  """

  logits: Float[Array, "B K"]
  pooled: Float[Array, "B C"]
  features: ClipFeatures
