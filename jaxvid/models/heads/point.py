"""ActionFormer's head: at every point a score a class and the distances to start and end (Zhang et al. 2022, 3.3)."""

import math
from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Array, Features, Mask
from jaxvid.layers.temporal import ChannelNorm, Conv
from jaxvid.models.outputs import Pyramid


class Tower(nn.Module):
  """`num_layers` times convolution, channel norm, ReLU."""

  width: int
  num_layers: int
  kernel_size: int
  padding: str
  dtype: Any

  @nn.compact
  def __call__(self, x: Features, mask: Mask) -> Features:
    for i in range(self.num_layers):
      x, _ = Conv(self.width, self.kernel_size, use_bias=False, dtype=self.dtype, name=f"conv_{i}")(x, mask)
      x = nn.relu(ChannelNorm(self.padding, self.dtype, name=f"norm_{i}")(x, mask))
    return x


class Model(nn.Module):
  """Two towers that all levels share; returns cls_logits and offsets, a tuple entry a level.

  Attributes:
    num_classes: classes scored, each by its own sigmoid.
    width: channels of the towers.
    num_layers: convolutions of a tower, the last (which predicts) included.
    kernel_size: of all of them.
    prior_prob: score that every class starts from.
    empty_classes: class indices without training data; they start from a score of 1e-6.
    padding, dtype: see jaxvid.layers.temporal.
  """

  num_classes: int
  width: int = 512
  num_layers: int = 3
  kernel_size: int = 3
  prior_prob: float = 0.01
  empty_classes: tuple[int, ...] = ()
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    tower = (self.width, self.num_layers - 1, self.kernel_size, self.padding, self.dtype)
    cls_tower, reg_tower = Tower(*tower, name="cls_tower"), Tower(*tower, name="reg_tower")
    classify = Conv(self.num_classes, self.kernel_size, bias_init=self._prior, dtype=self.dtype, name="cls")
    regress = Conv(2, self.kernel_size, dtype=self.dtype, name="reg")
    # A level's offsets are in units of its stride; a learnt factor lets the shared tower serve all of them.
    scales = self.param("level_scale", nn.initializers.ones, (len(pyramid.features),))

    cls_logits, offsets = [], []
    for level, (x, mask) in enumerate(zip(pyramid.features, pyramid.masks)):
      cls_logits.append(classify(cls_tower(x, mask), mask)[0])
      offsets.append(nn.relu(regress(reg_tower(x, mask), mask)[0] * scales[level].astype(self.dtype)))
    return tuple(cls_logits), tuple(offsets)

  def _prior(self, key, shape, dtype=jnp.float32):
    del key
    bias = jnp.full(shape, _logit(self.prior_prob), dtype)
    return bias.at[jnp.array(self.empty_classes, int)].set(_logit(1e-6)) if self.empty_classes else bias


def _logit(probability):
  return math.log(probability / (1 - probability))
