"""Sequences of a fixed number of steps, as ActionFormer makes them for ActivityNet (force_upsampling in its code)."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def resize(record: Mapping[str, Any], num_steps: int) -> dict[str, Any]:
  """The record with features of `num_steps` steps, interpolated linearly, and the timing that they now have.

  The T old steps see (T - 1) * feat_stride + num_frames frames; the new ones share these out evenly, each the middle
  of its share. With clips that do not overlap (num_frames equal to feat_stride) times are exact; with others they are
  off by at most half of what the clips overlap, at the ends of the sequence, as in the reference.

  Args:
    record: with features (T, C), feat_stride and num_frames; segments, in seconds, stay as they are.
    num_steps: the new length, longer or shorter.

  Returns:
    A copy with float32 features (num_steps, C), feat_stride and num_frames; the timing changes even where T fits.
  """
  features = np.asarray(record["features"], np.float32)
  stride = ((len(features) - 1) * record["feat_stride"] + record["num_frames"]) / num_steps
  return dict(record, features=_interpolated(features, num_steps), feat_stride=stride, num_frames=stride)


def _interpolated(features: np.ndarray, num_steps: int) -> np.ndarray:
  """Step j lies at (j + 0.5) * T / num_steps - 0.5 of the old steps, never before the first or after the last."""
  last = len(features) - 1
  share = np.float32(len(features) / num_steps)
  # PyTorch multiplies and subtracts in one instruction: float32, but rounded once. In float64 the product is exact.
  positions = ((np.arange(num_steps) + 0.5) * np.float64(share) - 0.5).astype(np.float32).clip(0, last)
  before = positions.astype(int)
  weight = (positions - before).astype(np.float32)[:, None]
  return features[before] * (1 - weight) + features[np.minimum(before + 1, last)] * weight
