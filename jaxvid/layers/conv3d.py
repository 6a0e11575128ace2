"""Convolutions over time and space. Inputs are (B, T, H, W, C); parameters are float32, computation in `dtype`."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp

from jaxvid.ops.conv3d import Sizes, Strided, Volume, conv3d, depthwise_conv3d

# Initial weights of the public video networks: He et al. 2015, by fan-out.
fan_out_normal = nn.initializers.variance_scaling(2.0, "fan_out", "normal")


class Conv3D(nn.Module):
  """Convolution over time and space without a bias; paddings as in jaxvid.ops.conv3d.

  A depthwise convolution keeps the number of channels, so `features` must be that of the input.
  """

  features: int
  kernel_size: Sizes
  strides: Sizes = (1, 1, 1)
  padding: str = "half"
  depthwise: bool = False
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Volume) -> Strided:
    if self.depthwise and self.features != x.shape[-1]:
      raise ValueError(f"a depthwise convolution of {x.shape[-1]} channels cannot have {self.features} features")
    inputs = 1 if self.depthwise else x.shape[-1]
    kernel = self.param("kernel", fan_out_normal, (*self.kernel_size, inputs, self.features)).astype(self.dtype)
    return (depthwise_conv3d if self.depthwise else conv3d)(x.astype(self.dtype), kernel, self.strides, self.padding)


class ConvNorm(nn.Module):
  """Convolution, batch norm (Ioffe and Szegedy 2015), ReLU: the unit of every clip backbone.

  Running statistics are `mean` and `var`, (features,) each, in the collection "batch_stats". Under jit over a sharded
  batch, the statistics of a batch are those of all its shards.

  Attributes:
    features, kernel_size, strides, padding, depthwise: of the convolution.
    relu: end with a ReLU.
    use_running_average: normalise by the running statistics and leave them as they are; else by the batch's.
    norm_epsilon: added to the variance.
    norm_momentum: share of the running statistics that a training step keeps.
    norm_scale: give the norm a factor per channel; it always has a bias.
    dtype: of the computation; statistics are computed in float32.
  """

  features: int
  kernel_size: Sizes = (1, 1, 1)
  strides: Sizes = (1, 1, 1)
  padding: str = "half"
  depthwise: bool = False
  relu: bool = True
  use_running_average: bool = False
  norm_epsilon: float = 1e-5
  norm_momentum: float = 0.9
  norm_scale: bool = True
  dtype: Any = jnp.float32

  @nn.compact
  def __call__(self, x: Volume) -> Strided:
    x = Conv3D(self.features, self.kernel_size, self.strides, self.padding, self.depthwise, self.dtype, name="conv")(x)
    x = nn.BatchNorm(
      use_running_average=self.use_running_average,
      momentum=self.norm_momentum,
      epsilon=self.norm_epsilon,
      use_scale=self.norm_scale,
      use_fast_variance=False,
      dtype=self.dtype,
      name="norm",
    )(x)
    return nn.relu(x) if self.relu else x
