"""SlowFast: a slow pathway (few frames, many channels) and a fast one (many frames, few channels).

Feichtenhofer et al. 2019.
"""

import functools
from collections import OrderedDict

import flax.linen as nn
import jax.numpy as jnp
import numpy as np

from jaxvid.models.recognition.backbone import ClipBackbone
from jaxvid.models.recognition.backbones.slow import TEMPORAL_KERNELS
from jaxvid.models.recognition.bottleneck import Bottleneck, Stage, stage_depths, stem_pool
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops.conv3d import Volume

TINY = dict(width=8, depths=(1,), fast_divisor=4)  # For tests.

NORMALIZATION = "half"


class Model(ClipBackbone):
  """Two pathways over a clip of T frames: the fast one sees all of them, the slow one T / alpha.

  Stages, of each pathway in turn: "slow_stem", "fast_stem", "slow_stage_0", "fast_stage_0" to "fast_stage_3"; those of
  the slow pathway are taken before the lateral features of the fast one are appended.

  Attributes:
    depth: 50, 101 or 152 layers.
    depths: blocks of each stage; None takes those of `depth`.
    width: channels of the slow stem; a stage has 4, 8, 16 and 32 times as many.
    alpha: frames of the fast pathway for each of the slow one; T must be a multiple of it.
    fast_divisor: channels of the slow pathway for each of the fast one (1 / beta in the paper).
    fusion_kernel: kernel size, in frames, of the convolutions from the fast to the slow pathway.
    batch_norm, norm_epsilon, norm_momentum, remat, dtype: see ClipBackbone.
  """

  depth: int = 50
  depths: tuple[int, ...] | None = None
  width: int = 64
  alpha: int = 4
  fast_divisor: int = 8
  fusion_kernel: int = 7

  @nn.compact
  def __call__(self, clip: Volume, train: bool = False) -> ClipFeatures:
    unit, block = self.units(train), self.maybe_remat(Bottleneck)
    depths = stage_depths(self.depth, self.depths)
    fast_width = self.width // self.fast_divisor

    def fuse(slow, fast, i):
      strides = (self.alpha, 1, 1)
      lateral = unit(2 * fast.shape[-1], (self.fusion_kernel, 1, 1), strides=strides, name=f"fusion_{i}")(fast)
      return jnp.concatenate([slow, lateral], axis=-1)

    slow = clip[:, slow_frames(clip.shape[1], self.alpha)]
    slow = stem_pool(unit(self.width, (1, 7, 7), strides=(1, 2, 2), name="slow_stem")(slow))
    fast = stem_pool(unit(fast_width, (5, 7, 7), strides=(1, 2, 2), name="fast_stem")(clip))
    stages = OrderedDict(slow_stem=slow, fast_stem=fast)
    for i, depth in enumerate(depths):
      fused = fuse(slow, fast, i)
      strides = (1, 1, 1) if i == 0 else (1, 2, 2)
      stage = functools.partial(Stage, depth, unit=unit, block=block, strides=strides)
      slow_stage = stage(self.width * 2**i, kernel_a=(TEMPORAL_KERNELS[i], 1, 1), name=f"slow_stage_{i}")
      fast_stage = stage(fast_width * 2**i, kernel_a=(3, 1, 1), name=f"fast_stage_{i}")
      slow, fast = slow_stage(fused), fast_stage(fast)
      stages |= {f"slow_stage_{i}": slow, f"fast_stage_{i}": fast}
    return ClipFeatures(stages, (slow, fast))


def slow_frames(num_frames: int, alpha: int) -> np.ndarray:
  """Indices (num_frames / alpha,) of the slow pathway's frames, evenly spaced from the first to the last.

  These are not every alpha-th frame: the public weights were trained with PyTorch's linspace, rounded down. Its
  arithmetic (float32, from both ends) is repeated here, since it decides some frames of long clips.

  Raises:
    ValueError: the number of frames is not a multiple of alpha.
  """
  if num_frames % alpha or not num_frames:
    raise ValueError(f"SlowFast takes clips of a multiple of alpha = {alpha} frames; got {num_frames}")
  count, last = num_frames // alpha, np.float32(num_frames - 1)
  step, index = last / np.float32(max(count - 1, 1)), np.arange(count, dtype=np.float32)
  return np.where(index < count // 2, step * index, last - step * (count - 1 - index) if count > 1 else 0).astype(int)
