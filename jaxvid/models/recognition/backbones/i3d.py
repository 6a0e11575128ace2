"""I3D: Inception-v1 with its filters and pools inflated over time (Carreira and Zisserman 2017)."""

from collections import OrderedDict
from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.models.recognition.backbone import ClipBackbone
from jaxvid.models.recognition.outputs import ClipFeatures
from jaxvid.ops.conv3d import Volume, max_pool3d

TINY = dict(width_divisor=4, final_endpoint="Mixed_3b")  # For tests.

NORMALIZATION = "symmetric"

# Layers in order, under the names of all public versions: a convolution (channels, kernel, stride), a max pool (window,
# strides), or an inception module (channels of its six convolutions).
ENDPOINTS = {
  "Conv3d_1a_7x7": (64, 7, 2),
  "MaxPool3d_2a_3x3": ((1, 3, 3), (1, 2, 2)),
  "Conv3d_2b_1x1": (64, 1, 1),
  "Conv3d_2c_3x3": (192, 3, 1),
  "MaxPool3d_3a_3x3": ((1, 3, 3), (1, 2, 2)),
  "Mixed_3b": (64, 96, 128, 16, 32, 32),
  "Mixed_3c": (128, 128, 192, 32, 96, 64),
  "MaxPool3d_4a_3x3": ((3, 3, 3), (2, 2, 2)),
  "Mixed_4b": (192, 96, 208, 16, 48, 64),
  "Mixed_4c": (160, 112, 224, 24, 64, 64),
  "Mixed_4d": (128, 128, 256, 24, 64, 64),
  "Mixed_4e": (112, 144, 288, 32, 64, 64),
  "Mixed_4f": (256, 160, 320, 32, 128, 128),
  "MaxPool3d_5a_2x2": ((2, 2, 2), (2, 2, 2)),
  "Mixed_5b": (256, 160, 320, 32, 128, 128),
  "Mixed_5c": (384, 192, 384, 48, 128, 128),
}


class Model(ClipBackbone):
  """Inception-v1 over time and space; its stages are the ENDPOINTS. Clips may have any size (TensorFlow's paddings).

  Attributes:
    in_channels: 3 for RGB, 2 for optical flow.
    width_divisor: divides the published numbers of channels.
    norm_scale: give the batch norms a factor per channel. The original network has none; its PyTorch version has them,
      all one in the public weights.
    norm_epsilon: of the batch norms.
    final_endpoint: the last stage; those after it are left out.
    batch_norm, norm_momentum, remat, dtype: see ClipBackbone.
  """

  in_channels: int = 3
  width_divisor: int = 1
  norm_scale: bool = True
  norm_epsilon: float = 1e-3
  final_endpoint: str = "Mixed_5c"

  @nn.compact
  def __call__(self, clip: Volume, train: bool = False) -> ClipFeatures:
    if clip.shape[-1] != self.in_channels:
      raise ValueError(
        f"the clip has {clip.shape[-1]} channels, in_channels is {self.in_channels}: 3 for RGB, 2 for flow"
      )
    if self.final_endpoint not in ENDPOINTS:
      raise ValueError(f"final_endpoint must be one of {', '.join(ENDPOINTS)}; got {self.final_endpoint!r}")
    unit = self.units(train, padding="same", norm_scale=self.norm_scale)
    module = self.maybe_remat(Inception)
    width = lambda channels: max(channels // self.width_divisor, 1)  # noqa: E731

    x, stages = clip.astype(self.dtype), OrderedDict()
    for name, numbers in ENDPOINTS.items():
      if name.startswith("Conv"):
        channels, kernel, stride = numbers
        x = unit(width(channels), (kernel,) * 3, strides=(stride,) * 3, name=name)(x)
      elif name.startswith("MaxPool"):
        x = max_pool3d(x, *numbers, padding="same")
      else:
        x = module(tuple(map(width, numbers)), unit, name=name)(x)
      stages[name] = x
      if name == self.final_endpoint:
        break
    return ClipFeatures(stages, (x,))


class Inception(nn.Module):
  """Inception module of four branches: (B, T, H, W, C) -> (B, T, H, W, sum of the branches' channels)."""

  channels: tuple[int, ...]
  unit: Callable[..., nn.Module]

  @nn.compact
  def __call__(self, x: Volume) -> Volume:
    b0, b1a, b1b, b2a, b2b, b3b = self.channels
    one, three = (1, 1, 1), (3, 3, 3)
    branches = [
      self.unit(b0, one, name="b0")(x),
      self.unit(b1b, three, name="b1b")(self.unit(b1a, one, name="b1a")(x)),
      self.unit(b2b, three, name="b2b")(self.unit(b2a, one, name="b2a")(x)),
      self.unit(b3b, one, name="b3b")(max_pool3d(x, three, one, padding="same")),
    ]
    return jnp.concatenate(branches, axis=-1)
