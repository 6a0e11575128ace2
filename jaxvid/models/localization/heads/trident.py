"""TriDet's head: boundaries as expectations over bins (Shi et al. 2023, section 3.3)."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from jaxvid.layers.temporal import Conv, ConvStack, score_bias
from jaxvid.models.localization.outputs import Boundaries, LocalizationOutputs, Pyramid


class Model(nn.Module):
  """Four towers that all levels share: scores, starts, ends, and bins of the center (see jaxvid.ops.boundary_bins).

  The towers of starts and ends look at features that they do not train.

  Attributes:
    num_classes: classes scored, each by its own sigmoid.
    num_bins: how many steps of the level a boundary may be away.
    border: "masked": steps beyond the recording take no part in the expectation; "zero_logit": as in the public code.
    width: channels of the towers.
    num_layers: convolutions of a tower, the last (which predicts) included.
    kernel_size: of the towers of scores and bins.
    boundary_kernel_size: of the towers of starts and ends.
    norm: a channel norm after each convolution but the last; without, they have biases.
    prior_prob: score that every class, start and end starts from.
    empty_classes: class indices without training data; they start from a score of 1e-6.
    padding, dtype: see jaxvid.layers.temporal.
  """

  num_classes: int
  num_bins: int = 16
  border: str = "masked"
  width: int = 512
  num_layers: int = 3
  kernel_size: int = 3
  boundary_kernel_size: int = 3
  norm: bool = True
  prior_prob: float = 0.01
  empty_classes: tuple[int, ...] = ()
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> LocalizationOutputs:
    prior = score_bias(self.prior_prob, self.empty_classes)

    def tower(name, width, kernel_size, bias_init=nn.initializers.zeros):
      stack = ConvStack(
        self.width, self.num_layers - 1, kernel_size, self.norm, self.padding, self.dtype, name=f"{name}_tower"
      )
      last = Conv(width, kernel_size, bias_init=bias_init, dtype=self.dtype, name=name)
      return lambda x, mask: last(stack(x, mask), mask)[0]

    classify = tower("cls", self.num_classes, self.kernel_size, prior)
    start = tower("start", self.num_classes, self.boundary_kernel_size, prior)
    end = tower("end", self.num_classes, self.boundary_kernel_size, prior)
    regress = tower("reg", 2 * (self.num_bins + 1), self.kernel_size)
    scales = self.param("level_scale", nn.initializers.ones, (len(pyramid.features),))

    cls_logits, bins, start_logits, end_logits = [], [], [], []
    for scale, x, mask in zip(scales, pyramid.features, pyramid.masks):
      fixed = jax.lax.stop_gradient(x)
      cls_logits.append(classify(x, mask))
      start_logits.append(start(fixed, mask))
      end_logits.append(end(fixed, mask))
      bins.append(nn.relu(regress(x, mask) * scale.astype(self.dtype)))
    boundaries = Boundaries(tuple(start_logits), tuple(end_logits), self.border)
    return LocalizationOutputs(tuple(cls_logits), tuple(bins), pyramid, boundaries)
