"""TriDet's head: boundaries as expectations over bins (Shi et al. 2023, section 3.3)."""

from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp

from jaxvid.array_types import Array, Labels
from jaxvid.layers.temporal import Conv, ConvStack, score_bias
from jaxvid.models.localization.outputs import LocalizationOutputs, Pyramid, join
from jaxvid.ops.boundary_bins import expected_distances, expected_distances_at

TINY = dict(width=16, num_layers=2, num_bins=4)  # For tests.


@flax.struct.dataclass
class TridentOutputs(LocalizationOutputs):
  """Scores, boundary bins of each point, and start and end logits of each class.

  Bins and logits together give each class of a point its own offsets, see jaxvid.ops.boundary_bins.

  Attributes:
    bins: for each level (B, T_l, 2 (num_bins + 1)), float32.
    start_logits, end_logits: for each level (B, T_l, num_classes), float32.
    border: "masked" or "zero_logit", see jaxvid.ops.boundary_bins.
  """

  bins: tuple[Array, ...]
  start_logits: tuple[Array, ...]
  end_logits: tuple[Array, ...]
  border: str = flax.struct.field(pytree_node=False)

  def class_offsets(self) -> Array:
    # Recomputed in the backward pass: the bins of all points and classes would be most of a training step's memory.
    expected = jax.checkpoint(expected_distances, static_argnums=4)
    levels = zip(self.bins, self.start_logits, self.end_logits, self.masks)
    return join(tuple(expected(*level, self.border) for level in levels))

  def offsets_at(self, level: int, point: Array, label: Labels) -> Array:
    start, end, mask = self.start_logits[level], self.end_logits[level], self.masks[level]
    return expected_distances_at(self.bins[level], start, end, mask, self.border, point, label)


class Model(nn.Module):
  """Four towers shared by all levels: for scores, starts, ends and boundary bins (see jaxvid.ops.boundary_bins).

  No gradient flows from the towers for starts and ends into the neck.

  Attributes:
    num_classes: classes scored, each by its own sigmoid.
    num_bins: largest distance of a boundary from its point, in steps of the level.
    border: what the expectation does with steps beyond the recording: "masked" leaves them out; "zero_logit" gives them
      a logit of 0, as in the public code.
    width: channels of the towers.
    num_layers: convolutions of a tower, the last (which predicts) included.
    kernel_size: of the towers for scores and bins.
    boundary_kernel_size: of the towers for starts and ends.
    norm: a channel norm after each convolution but the last; without norms they have biases.
    prior_prob: initial score of every class, start and end.
    empty_classes: class indices without training data; their initial score is 1e-6.
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
  def __call__(self, pyramid: Pyramid) -> TridentOutputs:
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
    return TridentOutputs(tuple(cls_logits), pyramid, tuple(bins), tuple(start_logits), tuple(end_logits), self.border)
