"""Average pooling and a linear classifier: the head of all public clip networks."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.models.recognition.outputs import ClipFeatures, ClipOutputs
from jaxvid.ops.conv3d import Sizes, Volume

Window = tuple[int, int, int]


class Model(nn.Module):
  """The average over a window at each of its positions, a linear classifier there, and the mean over positions.

  A mean of linear functions is that of the mean, so the classifier sees one vector: the mean over all positions of the
  window. Where the window is as large as the features, or None, that is their plain mean; else what lies near the
  border, in fewer windows, counts less.

  Attributes:
    num_classes: classes scored.
    window: (frames, height, width) of the pool, with stride 1 and no padding; a pathway's own where there are several,
      ((8, 7, 7), (32, 7, 7)); None averages all.
    dropout: rate, on the vector that the classifier sees.
    dtype: of the classifier; pooling is float32.
  """

  num_classes: int
  window: Window | tuple[Window, ...] | None = None
  dropout: float = 0.0
  dtype: str = "float32"

  @nn.compact
  def __call__(self, features: ClipFeatures, train: bool = False) -> ClipOutputs:
    windows = _windows(self.window, len(features.pathways))
    pooled = jnp.concatenate([_pool(x, window) for x, window in zip(features.pathways, windows)], axis=-1)
    x = nn.Dropout(self.dropout, deterministic=not train)(pooled)
    init = nn.initializers.normal(0.01)
    logits = nn.Dense(self.num_classes, kernel_init=init, dtype=self.dtype, name="classifier")(x)
    return ClipOutputs(logits.astype(jnp.float32), pooled, features)


def _windows(window: Any, pathways: int) -> list[Any]:
  """One window a pathway."""
  windows = [window] * pathways if window is None or isinstance(window[0], int) else list(window)
  if len(windows) != pathways:
    raise ValueError(f"window {window} is for {len(windows)} pathways, the backbone has {pathways}")
  return windows


def _pool(x: Volume, window: Sizes | None) -> Float[Array, "B C"]:
  """(B, T, H, W, C) -> (B, C)."""
  x, sizes = x.astype(jnp.float32), x.shape[1:4]
  if window is None:
    return x.mean(axis=(1, 2, 3))
  if any(length > size for length, size in zip(window, sizes)):
    raise ValueError(
      f"a window of {tuple(window)} frames, rows and columns does not fit features of {sizes}: give larger or longer "
      "clips, a smaller window, or window None, which averages whatever there is"
    )
  return jnp.einsum("bthwc,t,h,w->bc", x, *(_shares(size, length) for size, length in zip(sizes, window)))


def _shares(size: int, length: int) -> np.ndarray:
  """How much each of `size` steps counts in the mean over all positions of a window of `length`; they sum to one."""
  positions = size - length + 1
  return np.convolve(np.full(positions, 1 / positions), np.full(length, 1 / length)).astype(np.float32)
