"""ActionFormer's backbone: convolutions, then Transformer blocks with banded attention (Zhang et al. 2022)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.position import add_positions
from jaxvid.layers.temporal import ConvEmbedding
from jaxvid.layers.transformer import TransformerBlock
from jaxvid.models.outputs import Pyramid


class Model(nn.Module):
  """Features (B, T, C) into a pyramid of levels 0 .. depths[2], each `scale_factor` coarser than the one before.

  Attributes:
    width: channels of every level.
    num_heads: attention heads.
    window: odd attention window in steps of the level, one number or one a level; None (or a level's None) is global.
    depths: embedding convolutions, blocks at full resolution, strided blocks.
    scale_factor: stride of each strided block. T must be a multiple of scale_factor ** depths[2].
    embed_kernel: kernel size of the embedding convolutions.
    positions: "none" or "sinusoid".
    max_steps: length of the sinusoid table when padding is "reference", where longer sequences stretch it.
    relative_positions: learn a bias for each head and offset within the window.
    dropout, drop_path: rates; no drop path also means no channel scales, as in the public code.
    padding: "ignored" or "reference", see jaxvid.layers.temporal.
    dtype: of the computation.
  """

  width: int = 512
  num_heads: int = 4
  window: int | tuple[int | None, ...] | None = 19
  depths: tuple[int, int, int] = (2, 2, 5)
  scale_factor: int = 2
  embed_kernel: int = 3
  positions: str = "none"
  max_steps: int | None = None
  relative_positions: bool = False
  dropout: float = 0.0
  drop_path: float = 0.1
  padding: str = "ignored"
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, features: Features, mask: Mask, train: bool) -> Pyramid:
    num_embed, num_stem, num_branch = self.depths
    windows = self.window if isinstance(self.window, tuple | list) else (self.window,) * (1 + num_branch)
    if len(windows) != 1 + num_branch:
      raise ValueError(f"window names {len(windows)} levels, depths make {1 + num_branch}: {self.window}")

    x = ConvEmbedding(self.width, num_embed, self.embed_kernel, self.padding, self.dtype, name="embedding")(
      features, mask
    )
    x = add_positions(x, mask, self.positions, self.max_steps, self.padding)

    def block(name, window, stride, x, mask):
      return TransformerBlock(
        self.num_heads,
        window,
        stride,
        self.relative_positions,
        self.dropout,
        self.drop_path,
        padding=self.padding,
        dtype=self.dtype,
        name=name,
      )(x, mask, train)

    for i in range(num_stem):
      x, mask = block(f"stem_{i}", windows[0], 1, x, mask)
    levels, masks = [x], [mask]
    for i in range(num_branch):
      x, mask = block(f"branch_{i}", windows[1 + i], self.scale_factor, x, mask)
      levels.append(x)
      masks.append(mask)
    return Pyramid(tuple(levels), tuple(masks))
