"""Resizes sequences to a fixed number of steps, as ActionFormer does for ActivityNet (its force_upsampling)."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def resize(record: Mapping[str, Any], num_steps: int) -> dict[str, Any]:
  """Interpolates the features of a record to `num_steps` steps, and sets their new timing.

  The T old steps see (T - 1) * feat_stride + num_frames frames; the new ones share these evenly, each in the middle of
  its share. Times are exact where the frames of two steps do not overlap (num_frames equals feat_stride); otherwise
  they are off by at most half of the overlap, at the ends of the sequence, as in the reference.

  Args:
    record: with features (T, C), feat_stride and num_frames; segments, in seconds, stay as they are.
    num_steps: the new length, longer or shorter.

  Returns:
    A copy with float32 features (num_steps, C) and new feat_stride and num_frames, even where T equals num_steps.
  """
  features = np.asarray(record["features"], np.float32)
  stride = ((len(features) - 1) * record["feat_stride"] + record["num_frames"]) / num_steps
  return dict(record, features=_interpolate(features, num_steps), feat_stride=stride, num_frames=stride)


def _interpolate(features: np.ndarray, num_steps: int) -> np.ndarray:
  """Features (num_steps, C), linear between the old steps (T, C).

  Step j lies at (j + 0.5) * T / num_steps - 0.5 of the old steps, never before the first or after the last.
  """
  last = len(features) - 1
  share = np.float32(len(features) / num_steps)
  # PyTorch multiplies and subtracts in one instruction: float32, but rounded once. In float64 the product is exact.
  positions = ((np.arange(num_steps) + 0.5) * np.float64(share) - 0.5).astype(np.float32).clip(0, last)
  before = positions.astype(int)
  weight = (positions - before).astype(np.float32)[:, None]
  return features[before] * (1 - weight) + features[np.minimum(before + 1, last)] * weight
