"""TriDet's backbone: convolutional embedding, then scalable-granularity perception blocks (Shi et al. 2023)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.position import add_positions
from jaxvid.layers.sgp import SGPBlock
from jaxvid.layers.temporal import ConvEmbedding
from jaxvid.models.outputs import Pyramid

# From which standard deviation the five depthwise convolutions of a block start.
INIT_STD = {
  "live": 0.1,  # small; every convolution learns
  "dead": 0.0,  # the public THUMOS14 and EPIC configurations: the five never get a gradient
}


class Model(nn.Module):
  """Features (B, T, C) into a pyramid of levels 0 .. depths[2], each `scale_factor` coarser than the one before.

  Attributes:
    width: channels of every level; a multiple of 16 (the groups of the group norm).
    window: odd kernel size w of the strided blocks; the blocks at full resolution have w = 1, as in the public code.
    k: scale of the second window branch.
    mlp_width: hidden width of a block's MLP; None for four times `width`.
    depths: embedding convolutions, blocks at full resolution, strided blocks.
    scale_factor, downsample: stride of a strided block, and "max" or "average" pooling.
    embed_kernel: kernel size of the embedding convolutions.
    positions: "none" or "sinusoid".
    max_steps: length of the sinusoid table when padding is "reference", where longer sequences stretch it.
    drop_path: rate in the strided blocks; the others have neither stochastic depth nor channel scales.
    init: "live", "dead" (the public configurations' zeros), or a standard deviation.
    padding: "ignored": temporal mean and group norm see valid steps only, so the output does not depend on the padding;
      "reference": they see the padding too, as in the public code, and sequences must be padded as they were there.
    dtype: of the computation.
  """

  width: int = 512
  window: int = 1
  k: float = 5.0
  mlp_width: int | None = 768
  depths: tuple[int, int, int] = (2, 2, 5)
  scale_factor: int = 2
  downsample: str = "max"
  embed_kernel: int = 3
  positions: str = "none"
  max_steps: int | None = None
  drop_path: float = 0.1
  init: str | float = "live"
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, features: Features, mask: Mask, train: bool) -> Pyramid:
    num_embed, num_stem, num_branch = self.depths
    if isinstance(self.init, str) and self.init not in INIT_STD:
      raise ValueError(f"init must be a standard deviation or one of {sorted(INIT_STD)}; got {self.init!r}")
    std = INIT_STD[self.init] if isinstance(self.init, str) else self.init

    x = ConvEmbedding(self.width, num_embed, self.embed_kernel, self.padding, self.dtype, name="embedding")(
      features, mask
    )
    x = add_positions(x, mask, self.positions, self.max_steps, self.padding)

    def block(name, window, stride, drop_path, x, mask):
      return SGPBlock(
        window, self.k, self.mlp_width, stride, self.downsample, drop_path, std, self.padding, self.dtype, name=name
      )(x, mask, train)

    for i in range(num_stem):
      x, mask = block(f"stem_{i}", 1, 1, 0.0, x, mask)
    levels, masks = [x], [mask]
    for i in range(num_branch):
      x, mask = block(f"branch_{i}", self.window, self.scale_factor, self.drop_path, x, mask)
      levels.append(x)
      masks.append(mask)
    return Pyramid(tuple(levels), tuple(masks))
