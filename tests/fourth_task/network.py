"""A segmentation network: an encoder of the sequence, and a classifier of each step."""

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp


@flax.struct.dataclass
class Outputs:
  """Of each step of a sequence.

  Attributes:
    logits: (B, T, num_classes), float32.
    hidden: (B, T, C), what the classifier sees.
  """

  logits: jax.Array
  hidden: jax.Array


class SegmentationNetwork(nn.Module):
  """Features (B, T, C) and mask (B, T) in, `Outputs` out."""

  encoder: nn.Module
  num_classes: int

  @nn.compact
  def __call__(self, features: jax.Array, mask: jax.Array, train: bool = False) -> Outputs:
    hidden = self.encoder(features, mask, train)
    return Outputs(nn.Dense(self.num_classes, name="classifier")(hidden.astype(jnp.float32)), hidden)
