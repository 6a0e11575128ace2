"""How the pixels of a clip become the numbers that a backbone's weights were trained on.

Normalised is (x - mean) / std, with x in [0, 1]; each file in jaxvid/models/recognition/backbones names its own.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Float, UInt8

from jaxvid.array_types import Array
from jaxvid.ops.conv3d import Volume


class Normalization(NamedTuple):
  """Mean and standard deviation, one a channel or one for all."""

  mean: tuple[float, ...]
  std: tuple[float, ...]


NORMALIZATIONS = {
  "kinetics": Normalization((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)),
  "half": Normalization((0.45,), (0.225,)),
  "symmetric": Normalization((0.5,), (0.5,)),  # [-1, 1]
}


def normalize(clip: Float[Array, "B T H W C"] | UInt8[Array, "B T H W C"], name: str) -> Volume:
  """The clip normalised, float32, on the device.

  Args:
    clip: (..., C); uint8 of 0 to 255, or floating point of 0 to 1.
    name: a key of NORMALIZATIONS.

  Raises:
    ValueError: no such normalisation, or one for other channels than the clip's.
    TypeError: neither uint8 nor floating point.
  """
  if name not in NORMALIZATIONS:
    raise ValueError(f"normalization must be one of {', '.join(NORMALIZATIONS)}; got {name!r}")
  mean, std = (jnp.asarray(values, jnp.float32) for values in NORMALIZATIONS[name])
  if len(mean) not in (1, clip.shape[-1]):
    raise ValueError(f"normalization {name!r} is for {len(mean)} channels, the clip has {clip.shape[-1]}")
  if clip.dtype == jnp.uint8:
    clip = jnp.asarray(clip, jnp.float32) / 255
  elif not jnp.issubdtype(clip.dtype, jnp.floating):
    raise TypeError(f"a clip is uint8, 0 to 255, or floating point, 0 to 1; got {clip.dtype}")
  return (jnp.asarray(clip, jnp.float32) - mean) / std
