"""A learnt mixture of temporal granularities (equation 1 of the ActionFormer study) instead of attention."""

from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import flax.traverse_util
import numpy as np

from jaxvid.layers.sgp import GRANULARITY_LOGITS, GranularityMixtureBlock, branch_std
from jaxvid.models.localization.pyramid_backbone import PyramidBackbone

TINY = dict(width=16, mlp_width=24, depths=(1, 1, 1), granularities=(1, 3, 5))  # For tests.


class Model(PyramidBackbone):
  """Blocks that mix convolutions over several numbers of steps with learnt weights; see `GranularityMixtureBlock`.

  `granularity_weights` reads the learnt weights. Further settings as in `PyramidBackbone`; the width must be a multiple
  of 16 (the groups of the group norm).

  Attributes:
    granularities: odd kernel sizes in steps, the same in every block.
    mlp_width: hidden width of a block's MLP; None for four times `width`.
    downsample: of a strided block: "max", "average" (and a 1x1 convolution) or "strided".
    drop_path: rate, in all blocks.
    init: standard deviation of the depthwise convolutions' initial weights, or "live" (see layers.sgp.INIT_STD).
  """

  granularities: tuple[int, ...] = (1, 3, 7, 15)
  mlp_width: int | None = 768
  downsample: str = "max"
  drop_path: float = 0.1
  init: str | float = "live"

  def block(self, level: int, stride: int, name: str) -> nn.Module:
    return GranularityMixtureBlock(
      granularities=tuple(self.granularities),
      mlp_width=self.mlp_width,
      stride=stride,
      downsample=self.downsample,
      drop_path=self.drop_path,
      branch_std=branch_std(self.init),
      padding=self.padding,
      dtype=self.dtype,
      name=name,
    )


def granularity_weights(params: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """Reads the mixture weights of each block: "backbone/branch_0" -> (G,), in the order of `granularities`, sum 1.

  Args:
    params: of a network with this backbone, or of the backbone alone.
  """
  weights = {}
  for path, value in flax.traverse_util.flatten_dict(params).items():
    if path[-1] == GRANULARITY_LOGITS:
      power = np.exp(np.asarray(value, np.float64) - np.max(value))
      weights["/".join(path[:-1])] = power / power.sum()
  return weights
