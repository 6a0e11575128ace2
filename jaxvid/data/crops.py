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
    ratio: shorter ones to a random share of their length within these bounds; None keeps them whole.
    min_overlap: the least share of an action inside the window for it to count; others are dropped.
    window_margin: "half_clip": a window sees half a clip beyond its first and last step (ActionFormer); "none"
      (TriDet).
  """

  max_len: int
  ratio: tuple[float, float] | None = (0.9, 1.0)
  min_overlap: float = 0.5
  window_margin: str = "half_clip"

  def __post_init__(self) -> None:
    if self.window_margin not in _WINDOW_MARGINS:
      raise ValueError(f"window_margin: {self.window_margin!r} is none of {', '.join(_WINDOW_MARGINS)}")


def random_crop(example: dict, crop: Crop, rng: np.random.Generator) -> dict:
  """`example` with features, segments (grid units) and labels cropped to a window that holds at least one action.

  The window is drawn up to 200 times until some action lies inside it far enough; kept actions are clipped to it. A
  recording without such a window, or without actions, gives the last one drawn.
  """
  num_steps = len(example["features"])
  length = crop.max_len
  if num_steps <= crop.max_len:
    if crop.ratio is None:
      return example
    low, high = (round(share * num_steps) for share in crop.ratio)
    length = int(rng.integers(max(low, 1), min(high, num_steps) + 1))
    if length == num_steps:
      return example

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
  """`example` without what its features do not show: actions beyond their end are dropped, or end with them.

  An action stays if at least `crop.min_overlap` of it lies before the end, which is half a clip after the last step
  (the code of ActionFormer and TriDet for ActivityNet; TriDet's for HACS keeps every action that starts before it).
  """
  end = len(example["features"]) + _half_clip(example)
  segments = example["segments"]
  inside = np.minimum(segments[:, 1], end) - segments[:, 0]
  kept = (inside > 0) & (inside >= crop.min_overlap * (segments[:, 1] - segments[:, 0]))
  return dict(example, segments=np.minimum(segments[kept], end), labels=example["labels"][kept])


def _half_clip(example: Mapping[str, Any]) -> float:
  """Half of what a step sees, in grid units."""
  return 0.5 * example["num_frames"] / example["feat_stride"]
