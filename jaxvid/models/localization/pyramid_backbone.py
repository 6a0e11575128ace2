"""Base class of the backbones of feature sequences: an embedding, blocks at full resolution, strided blocks."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.array_types import Features, Mask
from jaxvid.layers.position import add_positions
from jaxvid.layers.temporal import ConvStack, project_streams
from jaxvid.models.localization.outputs import Pyramid


class PyramidBackbone(nn.Module):
  """Turns features (B, T, C) into a pyramid of levels 0 .. depths[2], each `scale_factor` coarser than the one before.

  A backbone is a subclass that defines `block`.

  Attributes:
    width: channels of every level.
    depths: embedding convolutions, blocks at full resolution, strided blocks.
    scale_factor: stride of each strided block. T must be a multiple of scale_factor ** depths[2].
    embed_kernel: kernel size of the embedding convolutions.
    embed_norm: a channel norm after each of them; without norms they have biases.
    input_dims: for concatenated features of several extractors: the channels of each; None for one extractor.
    input_widths: the channels that each of them is projected to, by a 1x1 convolution, before the embedding.
    positions: "none" or "sinusoid".
    max_steps: length of the sinusoid table when padding is "reference", where longer sequences stretch it.
    padding: "ignored" or "reference", see jaxvid.layers.temporal.
    dtype: of the computation.
  """

  width: int = 512
  depths: tuple[int, int, int] = (2, 2, 5)
  scale_factor: int = 2
  embed_kernel: int = 3
  embed_norm: bool = True
  input_dims: tuple[int, ...] | None = None
  input_widths: tuple[int, ...] | None = None
  positions: str = "none"
  max_steps: int | None = None
  padding: str = "ignored"
  dtype: Any = jnp.float32

  def block(self, level: int, stride: int, name: str) -> nn.Module:
    """The module (x, mask, train) -> (x, mask) that makes `level`; `stride` is from the level before."""
    raise NotImplementedError

  @nn.compact
  def __call__(self, features: Features, mask: Mask, train: bool) -> Pyramid:
    num_embed, num_stem, num_branch = self.depths
    num_steps, multiple = features.shape[1], self.scale_factor**num_branch
    if num_steps % multiple:
      raise ValueError(
        f"features of {num_steps} steps, but a pyramid of {1 + num_branch} levels needs a multiple of {multiple}. Use "
        f"{-(-num_steps // multiple) * multiple} (config.data.buckets), or fewer levels (config.model.backbone.depths)"
      )
    x = project_streams(features, mask, self.input_dims, self.input_widths, self.dtype)
    x = ConvStack(
      self.width, num_embed, self.embed_kernel, self.embed_norm, self.padding, self.dtype, name="embedding"
    )(x, mask)
    x = add_positions(x, mask, self.positions, self.max_steps, self.padding)

    for i in range(num_stem):
      x, mask = self.block(0, 1, f"stem_{i}")(x, mask, train)
    levels, masks = [x], [mask]
    for i in range(num_branch):
      x, mask = self.block(1 + i, self.scale_factor, f"branch_{i}")(x, mask, train)
      levels.append(x)
      masks.append(mask)
    return Pyramid(tuple(levels), tuple(masks), tuple(self.scale_factor**i for i in range(1 + num_branch)))

  def per_level(self, name: str) -> tuple:
    """The setting `name` for each level, whether it was given as one value for all or as one for each."""
    value, num_levels = getattr(self, name), 1 + self.depths[2]
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * num_levels
    if len(values) != num_levels:
      raise ValueError(
        f"{name} has {len(values)} values for the {num_levels} levels that depths make, {value}; give one for each"
      )
    return values
