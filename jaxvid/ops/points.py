"""Points: the places on the levels of a pyramid at which a localization model predicts (ActionFormer, section 3.3)."""

from typing import NamedTuple

import numpy as np


class Points(NamedTuple):
  """The points of all levels, finest level first, in grid units; arrays (P,).

  Attributes:
    position: 0, s, 2s, ... on a level of stride s; no half-stride shift.
    low, high: the regression range: least and largest distance to the farther boundary of an action of this point.
    stride: of the point's level.
  """

  position: np.ndarray
  low: np.ndarray
  high: np.ndarray
  stride: np.ndarray


def make_points(
  level_lengths: tuple[int, ...], strides: tuple[int, ...], regression_ranges: tuple[tuple[float, float], ...]
) -> Points:
  """The points of a pyramid.

  Args:
    level_lengths: steps of each level.
    strides: of each level, in grid units.
    regression_ranges: (low, high) of each level, in grid units.

  Raises:
    ValueError: the pyramid has another number of levels than there are regression ranges.
  """
  if len(level_lengths) != len(regression_ranges):
    raise ValueError(f"regression_ranges has {len(regression_ranges)} levels, the model's pyramid {len(level_lengths)}")
  columns = []
  for length, stride, (low, high) in zip(level_lengths, strides, regression_ranges):
    columns.append([np.arange(length) * stride] + [np.full(length, value) for value in (low, high, stride)])
  return Points(*(np.concatenate(parts).astype(np.float32) for parts in zip(*columns)))
