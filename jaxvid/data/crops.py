"""Training crops of long feature sequences, as ActionFormer and TriDet take them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

_MAX_TRIALS = 200
_WINDOW_MARGINS = ("half_clip", "none")


@dataclasses.dataclass(frozen=True)
class Crop:
  """How a recording is cropped for training.

  Attributes:
    max_len: longer recordings are cropped to this many steps.
    ratio: shorter ones to a random share of their length within these bounds; None: they stay whole.
    min_overlap: share of an action that must lie inside the crop; actions with less are dropped.
    window_margin: how far a crop reaches beyond its first and last step: "half_clip", half of the num_frames that a
      step sees (ActionFormer), or "none" (TriDet).
  """

  max_len: int
  ratio: tuple[float, float] | None = (0.9, 1.0)
  min_overlap: float = 0.5
  window_margin: str = "half_clip"

  def __post_init__(self) -> None:
    if self.window_margin not in _WINDOW_MARGINS:
      raise ValueError(f"window_margin: {self.window_margin!r} is none of {', '.join(_WINDOW_MARGINS)}")


def random_crop(example: dict, crop: Crop, rng: np.random.Generator) -> dict:
  """Crops a recording at random, so that at least one action is inside.

  A crop is drawn up to 200 times, until an action lies inside it far enough; the last one drawn is taken in any case.

  Args:
    example: with features (T, C), segments (N, 2) in grid units, labels (N,), num_frames and feat_stride.
    crop: the settings.
    rng: source of randomness.

  Returns:
    A copy with the steps of the crop; actions are cut to it, and those with too little inside are dropped.
  """
  # The length of the crop.
  num_steps = len(example["features"])
  length = crop.max_len
  if num_steps <= crop.max_len:
    if crop.ratio is None:
      return example
    low, high = (round(share * num_steps) for share in crop.ratio)
    length = int(rng.integers(max(low, 1), min(high, num_steps) + 1))
    if length == num_steps:
      return example

  # Its start, and the actions that are inside.
  margin = _half_clip(example) if crop.window_margin == "half_clip" else 0.0
  segments = example["segments"]
  lengths = segments[:, 1] - segments[:, 0]
  for _ in range(_MAX_TRIALS):
    start = int(rng.integers(0, num_steps - length + 1))
    clipped = np.stack(
      [np.maximum(segments[:, 0], start - margin), np.minimum(segments[:, 1], start + length + margin)], -1
    )
    inside = np.maximum(clipped[:, 1] - clipped[:, 0], 0)
    kept = (lengths > 0) & (inside >= crop.min_overlap * lengths)
    if kept.any():
      break
  return dict(
    example,
    features=example["features"][start : start + length],
    segments=clipped[kept] - start,
    labels=example["labels"][kept],
  )


def clip_to_features(example: dict, crop: Crop) -> dict:
  """Cuts actions (segments in grid units) at the end of the features, and drops those that lie beyond it.

  An action stays if at least `crop.min_overlap` of it lies before the end, which is half of num_frames after the last
  step. So does the code of ActionFormer and TriDet for ActivityNet; TriDet's for HACS keeps every action that starts
  before the end.
  """
  end = len(example["features"]) + _half_clip(example)
  segments = example["segments"]
  inside = np.minimum(segments[:, 1], end) - segments[:, 0]
  kept = (inside > 0) & (inside >= crop.min_overlap * (segments[:, 1] - segments[:, 0]))
  return dict(example, segments=np.minimum(segments[kept], end), labels=example["labels"][kept])


def _half_clip(example: Mapping[str, Any]) -> float:
  """Half of the num_frames that a step sees, in grid units."""
  return 0.5 * example["num_frames"] / example["feat_stride"]
