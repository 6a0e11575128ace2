"""Base class of the backbones of clips: batch norm settings, rematerialisation, dtype."""

import functools
from collections.abc import Callable
from typing import Any

import flax.linen as nn

from jaxvid.layers.conv3d import ConvNorm
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops.conv3d import Volume

BATCH_NORMS = ("trained", "frozen")


class ClipBackbone(nn.Module):
  """Turns a normalised clip (B, T, H, W, 3) into named stages (B, T', H', W', C). A backbone is a subclass.

  Attributes:
    batch_norm: in training, "trained" normalises by the statistics of the batch and updates the running ones; "frozen"
      normalises by the running ones and leaves them. Scales and biases are trained either way.
    norm_epsilon: added to the variance.
    norm_momentum: share of the running statistics that a training step keeps.
    remat: recompute a block's activations in the backward pass instead of keeping them.
    dtype: "float32" or "bfloat16", of the computation.
  """

  batch_norm: str = "trained"
  norm_epsilon: float = 1e-5
  norm_momentum: float = 0.9
  remat: bool = False
  dtype: str = "float32"

  def __post_init__(self) -> None:
    if self.batch_norm not in BATCH_NORMS:
      raise ValueError(f"batch_norm must be one of {', '.join(BATCH_NORMS)}; got {self.batch_norm!r}")
    super().__post_init__()

  def __call__(self, clip: Volume, train: bool = False) -> ClipFeatures:
    raise NotImplementedError

  def units(self, train: bool, **settings: Any) -> Callable[..., ConvNorm]:
    """The constructor of the backbone's units (convolution, batch norm, ReLU), with their common settings."""
    shared = dict(norm_epsilon=self.norm_epsilon, norm_momentum=self.norm_momentum, dtype=self.dtype) | settings
    return functools.partial(ConvNorm, use_running_average=not train or self.batch_norm == "frozen", **shared)

  def maybe_remat(self, module: type[nn.Module]) -> type[nn.Module]:
    """The class of a block, wrapped in nn.remat if `remat` is set."""
    return nn.remat(module) if self.remat else module
