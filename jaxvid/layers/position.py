"""Absolute position encodings."""

import numpy as np

from jaxvid.array_types import Features, Mask


def sinusoids(num_steps: int, width: int) -> np.ndarray:
  """Sinusoidal encoding (num_steps, width) of Vaswani et al. 2017, divided by sqrt(width) as ActionFormer scales it."""
  angles = np.arange(num_steps)[:, None] / np.power(10000, 2 * (np.arange(width) // 2) / width)
  table = np.where(np.arange(width) % 2 == 0, np.sin(angles), np.cos(angles))
  return (table / np.sqrt(width)).astype(np.float32)


def stretched_sinusoids(num_steps: int, width: int, max_steps: int) -> np.ndarray:
  """Sinusoidal encoding (num_steps, width); beyond `max_steps`, that of `max_steps` steps stretched linearly.

  As ActionFormer's code does at test time. The encoding of a step then depends on the length of the padded sequence.
  """
  table = sinusoids(max_steps, width)
  if num_steps < max_steps:
    return table[:num_steps]
  where = np.clip((np.arange(num_steps) + 0.5) * max_steps / num_steps - 0.5, 0, max_steps - 1)
  low = np.floor(where).astype(int)
  high = np.minimum(low + 1, max_steps - 1)
  share = (where - low)[:, None]
  return ((1 - share) * table[low] + share * table[high]).astype(np.float32)


def add_positions(x: Features, mask: Mask, kind: str, max_steps: int | None, padding: str) -> Features:
  """Adds the position encoding `kind`, "none" or "sinusoid", to the valid steps of (B, T, C).

  With padding "ignored" the sinusoids go on to any length; with "reference" they are stretched beyond `max_steps`.
  """
  if kind == "none":
    return x
  if kind != "sinusoid":
    raise ValueError(f'positions must be "none" or "sinusoid"; got {kind!r}')
  num_steps, width = x.shape[1:]
  if padding == "ignored":
    table = sinusoids(num_steps, width)
  elif max_steps is None:
    raise ValueError('positions="sinusoid" with padding="reference" needs max_steps, the length of the position table')
  else:
    table = stretched_sinusoids(num_steps, width, max_steps)
  return x + table.astype(x.dtype) * mask[..., None]
