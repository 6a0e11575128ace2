"""Average pooling and a linear classifier: the head of all public clip networks."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxvid.array_types import Array
from jaxvid.models.recognition.outputs import ClipFeatures, ClipOutputs
from jaxvid.ops.conv3d import Sizes, Volume

TINY = dict()  # For tests.

Window = tuple[int, int, int]


class Model(nn.Module):
  """Average pooling by a sliding window, a linear classifier at each position, and the mean of its logits.

  The classifier is linear, so it is applied once, to the mean over all positions of the window. With a window as large
  as the features, or None, that is their plain mean; with a smaller one, features near the border are in fewer windows
  and count less.

  Attributes:
    num_classes: classes scored.
    window: (frames, height, width) of the pool, with stride 1 and no padding; for several pathways one window each,
      such as ((8, 7, 7), (32, 7, 7)); None averages over everything.
    dropout: rate on the classifier's input.
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
    raise ValueError(f"window {window} is for {len(windows)} pathways, the backbone has {pathways}; give one each")
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
  """Weight (size,) of each step in the mean over all positions of a window of `length` steps; the sum is 1."""
  positions = size - length + 1
  return np.convolve(np.full(positions, 1 / positions), np.full(length, 1 / length)).astype(np.float32)
