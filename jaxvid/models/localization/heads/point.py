"""ActionFormer's head: at every point the classes' scores and the offsets to start and end (Zhang et al. 2022, 3.3)."""

from typing import Any

import flax.linen as nn
import flax.struct
import jax.numpy as jnp

from jaxvid.array_types import Array, Labels
from jaxvid.layers.temporal import Conv, ConvStack, score_bias
from jaxvid.models.localization.outputs import LocalizationOutputs, Pyramid, join

TINY = dict(width=16, num_layers=2)  # For tests.


@flax.struct.dataclass
class PointOutputs(LocalizationOutputs):
  """Scores, and one pair of offsets at each point for all classes.

  Attributes:
    offsets: for each level (B, T_l, 2), float32.
  """

  offsets: tuple[Array, ...]

  def class_offsets(self) -> Array:
    return join(self.offsets)[:, :, None]

  def offsets_at(self, level: int, point: Array, label: Labels) -> Array:
    return self.offsets[level][point]


class Model(nn.Module):
  """A classification and a regression tower, shared by all levels.

  Attributes:
    num_classes: classes scored, each by its own sigmoid.
    width: channels of the towers.
    num_layers: convolutions of a tower, the last (which predicts) included.
    kernel_size: of all convolutions.
    norm: a channel norm after each convolution but the last; without norms they have biases.
    prior_prob: initial score of every class.
    empty_classes: class indices without training data; their initial score is 1e-6.
    padding, dtype: see jaxvid.layers.temporal.
  """

  num_classes: int
  width: int = 512
  num_layers: int = 3
  kernel_size: int = 3
  norm: bool = True
  prior_prob: float = 0.01
  empty_classes: tuple[int, ...] = ()
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> PointOutputs:
    tower = (self.width, self.num_layers - 1, self.kernel_size, self.norm, self.padding, self.dtype)
    cls_tower, reg_tower = ConvStack(*tower, name="cls_tower"), ConvStack(*tower, name="reg_tower")
    prior = score_bias(self.prior_prob, self.empty_classes)
    classify = Conv(self.num_classes, self.kernel_size, bias_init=prior, dtype=self.dtype, name="cls")
    regress = Conv(2, self.kernel_size, dtype=self.dtype, name="reg")
    # A level's offsets are in units of its stride; a learnt factor lets the shared tower serve all of them.
    scales = self.param("level_scale", nn.initializers.ones, (len(pyramid.features),))

    cls_logits, offsets = [], []
    for scale, x, mask in zip(scales, pyramid.features, pyramid.masks):
      cls_logits.append(classify(cls_tower(x, mask), mask)[0])
      offsets.append(nn.relu(regress(reg_tower(x, mask), mask)[0] * scale.astype(self.dtype)))
    return PointOutputs(tuple(cls_logits), pyramid, tuple(offsets))
