"""A boundary-aware, task-decoupled head: our design of what the ActionFormer study names as future work.

At every point, with c and r the features of the classification and the regression tower:

    c' = c + sigmoid(G_c [c, r]) * V_c r          r' = r + sigmoid(G_r [r, c]) * V_r c      cross-task refinement
    coarse = relu(scale_l * conv(r'))                                                    as the point head's offsets
    h_b = relu(norm(W_b [r', r' at the boundary b that coarse points to]))                for the start and for the end
    offset_b = relu(coarse_b + u_b h_b)           error_b = floor + softplus(v_b h_b)

Decoupled: each tower learns from its own task only. What it reads from the other carries no gradient, and V starts at
zero. Boundary-aware: offsets are refined by the features at the predicted boundary, which for long actions lies outside
the receptive field of a convolution at the point. error_b is the expected absolute error of the boundary, in lengths of
the segment: the scale of a Laplace distribution, trained by its likelihood. Scores are multiplied by 1 / (1 +
error_start + error_end), about the tIoU that such errors leave, so that segments with uncertain boundaries rank lower.
"""

import math
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp

from jaxvid import losses
from jaxvid.array_types import Array, Features, Mask
from jaxvid.layers.temporal import ChannelNorm, Conv, ConvStack, score_bias, uniform_fan_in
from jaxvid.models.localization.heads.point import PointOutputs
from jaxvid.models.localization.outputs import PointLoss, Pyramid, join
from jaxvid.ops.masking import mask_out
from jaxvid.ops.sampling import sample_at

TINY = dict(width=16, num_layers=2)  # For tests.

# Boundaries are annotated to about a hundredth of the action's length; without a floor the likelihood has no bound.
_SMALLEST_ERROR = 0.01
_FIRST_ERROR = 0.2
# In strides: a floor on the length, so that relative errors of very short actions stay finite.
_SMALLEST_LENGTH = 1e-2


@flax.struct.dataclass
class DecoupledOutputs(PointOutputs):
  """Refined and coarse offsets, and the expected errors of the refined ones.

  Attributes:
    coarse_offsets: for each level (B, T_l, 2), before refinement at the boundaries.
    errors: for each level (B, T_l, 2), expected absolute errors of start and end, in lengths of the segment.
    error_weight, error_power: see `Model`.
  """

  coarse_offsets: tuple[Array, ...]
  errors: tuple[Array, ...]
  error_weight: float = flax.struct.field(pytree_node=False)
  error_power: float = flax.struct.field(pytree_node=False)

  def scores(self) -> tuple[Array, ...]:
    scores = super().scores()
    if not self.error_power:
      return scores
    trust = ((1 + errors.sum(-1, keepdims=True)) ** -self.error_power for errors in self.errors)
    return tuple(score * factor for score, factor in zip(scores, trust))

  def own_losses(self, targets: Array, reg_weight: Array | float) -> Mapping[str, PointLoss]:
    """DIoU loss of the coarse offsets, and the negative log-likelihood of the refined offsets' errors."""
    length = jnp.maximum(targets.sum(-1, keepdims=True), _SMALLEST_LENGTH)
    # The expected errors are trained on the offsets' errors; no gradient flows back to the offsets.
    missed = jax.lax.stop_gradient(jnp.abs(join(self.offsets) - targets) / length)
    return {
      "coarse_loss": PointLoss(losses.diou_1d(join(self.coarse_offsets), targets), reg_weight),
      "error_loss": PointLoss(losses.laplace_nll(missed, join(self.errors)), self.error_weight),
    }


class CrossTask(nn.Module):
  """Cross-task refinement own + sigmoid(gate [own, other]) * value(other): (B, T, C), zero at padded steps.

  No gradient flows into `other`.
  """

  dtype: Any

  @nn.compact
  def __call__(self, own: Features, other: Features, mask: Mask) -> Features:
    width, other = own.shape[-1], jax.lax.stop_gradient(other)
    gate = nn.Dense(width, kernel_init=uniform_fan_in, dtype=self.dtype, name="gate")(jnp.concatenate([own, other], -1))
    value = nn.Dense(width, kernel_init=nn.initializers.zeros, dtype=self.dtype, name="value")(other)
    return mask_out(own + nn.sigmoid(gate) * value, mask)


class BoundaryBranch(nn.Module):
  """Looks at the features at a predicted boundary `position` (B, T): (shift of the offset, expected error), (B, T)."""

  width: int
  padding: str
  dtype: Any

  @nn.compact
  def __call__(self, x: Features, mask: Mask, position: jax.Array) -> tuple[jax.Array, jax.Array]:
    seen = jnp.concatenate([x, sample_at(x, position)], axis=-1)
    y = nn.Dense(self.width, kernel_init=uniform_fan_in, dtype=self.dtype, name="look")(seen)
    y = nn.relu(ChannelNorm(self.padding, self.dtype, name="norm")(y, mask))
    shift = nn.Dense(1, kernel_init=nn.initializers.zeros, dtype=self.dtype, name="shift")(y)[..., 0]
    first = nn.initializers.constant(math.log(math.expm1(_FIRST_ERROR - _SMALLEST_ERROR)))
    error = nn.Dense(1, kernel_init=nn.initializers.zeros, bias_init=first, dtype=jnp.float32, name="error")(y)[..., 0]
    return shift, _SMALLEST_ERROR + nn.softplus(error)


class Model(nn.Module):
  """Two towers shared by all levels that refine each other; offsets refined at the boundaries, with expected errors.

  Attributes:
    num_classes: classes scored, each by its own sigmoid.
    width: channels of the towers.
    num_layers: convolutions of a tower, the last (which predicts) included.
    kernel_size: of all convolutions.
    prior_prob: initial score of every class.
    empty_classes: class indices without training data; their initial score is 1e-6.
    error_weight: weight of the errors' likelihood in the loss.
    error_power: scores are multiplied by 1 / (1 + expected errors of both boundaries) to this power; 0 does not.
    padding, dtype: see jaxvid.layers.temporal.
  """

  num_classes: int
  width: int = 512
  num_layers: int = 3
  kernel_size: int = 3
  prior_prob: float = 0.01
  empty_classes: tuple[int, ...] = ()
  error_weight: float = 0.2
  error_power: float = 1.0
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, pyramid: Pyramid) -> DecoupledOutputs:
    tower = (self.width, self.num_layers - 1, self.kernel_size, True, self.padding, self.dtype)
    cls_tower, reg_tower = ConvStack(*tower, name="cls_tower"), ConvStack(*tower, name="reg_tower")
    cls_cross, reg_cross = CrossTask(self.dtype, name="cls_cross"), CrossTask(self.dtype, name="reg_cross")
    prior = score_bias(self.prior_prob, self.empty_classes)
    classify = Conv(self.num_classes, self.kernel_size, bias_init=prior, dtype=self.dtype, name="cls")
    regress = Conv(2, self.kernel_size, dtype=self.dtype, name="reg")
    branch = (self.width, self.padding, self.dtype)
    branches = BoundaryBranch(*branch, name="start"), BoundaryBranch(*branch, name="end")
    scales = self.param("level_scale", nn.initializers.ones, (len(pyramid.features),))

    # Each level: towers, cross-task refinement, coarse offsets, refinement at the boundaries.
    cls_logits, offsets, coarse_offsets, errors = [], [], [], []
    for scale, x, mask in zip(scales, pyramid.features, pyramid.masks):
      c, r = cls_tower(x, mask), reg_tower(x, mask)
      cls_logits.append(classify(cls_cross(c, r, mask), mask)[0])
      r = reg_cross(r, c, mask)
      coarse = nn.relu(regress(r, mask)[0] * scale.astype(self.dtype))
      coarse_offsets.append(coarse)
      coarse, steps = jax.lax.stop_gradient(coarse), jnp.arange(x.shape[1])
      shifts, level_errors = zip(
        branches[0](r, mask, steps - coarse[..., 0]), branches[1](r, mask, steps + coarse[..., 1])
      )
      offsets.append(nn.relu(coarse + jnp.stack(shifts, axis=-1)))
      errors.append(jnp.stack(level_errors, axis=-1))
    return DecoupledOutputs(
      cls_logits=tuple(cls_logits),
      pyramid=pyramid,
      offsets=tuple(offsets),
      coarse_offsets=tuple(coarse_offsets),
      errors=tuple(errors),
      error_weight=self.error_weight,
      error_power=self.error_power,
    )
