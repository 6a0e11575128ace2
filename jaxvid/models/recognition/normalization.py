"""Pixel normalisation, (x - mean) / std with x in [0, 1].

Each file in jaxvid/models/recognition/backbones names the one that its public weights were trained with.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Float, UInt8

from jaxvid.array_types import Array
from jaxvid.ops.conv3d import Volume


class Normalization(NamedTuple):
  """Mean and standard deviation, one for each channel or one for all."""

  mean: tuple[float, ...]
  std: tuple[float, ...]


NORMALIZATIONS = {
  "kinetics": Normalization((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)),
  "half": Normalization((0.45,), (0.225,)),
  "symmetric": Normalization((0.5,), (0.5,)),  # [-1, 1]
}


def normalize(clip: Float[Array, "B T H W C"] | UInt8[Array, "B T H W C"], name: str) -> Volume:
  """Normalises a clip on the device; float32.

  Args:
    clip: (..., C); uint8 of 0 to 255, or floating point of 0 to 1.
    name: a key of NORMALIZATIONS.

  Raises:
    ValueError: there is no such normalisation, or it is for another number of channels.
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
