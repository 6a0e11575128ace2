"""ir-CSN: 1x1x1 convolutions mix channels, depthwise ones mix time and space (Tran et al. 2019)."""

from collections import OrderedDict

import flax.linen as nn

from jaxvid.models.recognition.backbone import ClipBackbone
from jaxvid.models.recognition.bottleneck import Bottleneck, Stage, stage_depths, stem_pool
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops.conv3d import Volume

TINY = dict(width=4, depths=(1,))  # For tests.

NORMALIZATION = "kinetics"


class Model(ClipBackbone):
  """Stages "stem" and "stage_0" to "stage_3" of 4, 8, 16 and 32 times `width` channels; frames are halved three times.

  Attributes:
    depth: 50, 101 or 152 layers.
    depths: blocks of each stage; None takes those of `depth`.
    width: channels of the stem.
    batch_norm, norm_epsilon, norm_momentum, remat, dtype: see ClipBackbone.
  """

  depth: int = 101
  depths: tuple[int, ...] | None = None
  width: int = 64

  @nn.compact
  def __call__(self, clip: Volume, train: bool = False) -> ClipFeatures:
    unit, block = self.units(train), self.maybe_remat(Bottleneck)
    x = stem_pool(unit(self.width, (3, 7, 7), strides=(1, 2, 2), name="stem")(clip))
    stages = OrderedDict(stem=x)
    for i, depth in enumerate(stage_depths(self.depth, self.depths)):
      stage = Stage(
        depth,
        self.width * 2**i,
        unit,
        block,
        kernel_b=(3, 3, 3),
        strides=(1, 1, 1) if i == 0 else (2, 2, 2),
        depthwise=True,
        name=f"stage_{i}",
      )
      x = stages[f"stage_{i}"] = stage(x)
    return ClipFeatures(stages, (x,))
