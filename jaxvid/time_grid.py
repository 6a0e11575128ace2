"""Conversion between seconds and grid units.

Step i of a feature sequence sees frames [i * stride, i * stride + num_frames) of a recording of `fps` frames a second.
Localization models measure time in grid units: grid position i is the centre of the frames that step i sees. Hence

    grid = t * fps / stride - 0.5 * num_frames / stride

The functions take Python numbers, NumPy arrays and JAX arrays.
"""

from typing import Any


def seconds_to_grid(seconds: Any, fps: Any, feat_stride: Any, num_frames: Any) -> Any:
  """Grid position of a time in seconds."""
  return seconds * fps / feat_stride - 0.5 * num_frames / feat_stride


def grid_to_seconds(grid: Any, fps: Any, feat_stride: Any, num_frames: Any) -> Any:
  """Time in seconds of a grid position; the inverse of `seconds_to_grid`."""
  return (grid * feat_stride + 0.5 * num_frames) / fps


def expected_num_steps(duration: float, fps: float, feat_stride: float, num_frames: float) -> int:
  """Number of steps that an extractor makes of `duration` seconds: clips that fit into the recording, at least one."""
  return max(int((duration * fps - num_frames) // feat_stride) + 1, 1)


def end_of_last_step(num_steps: Any, fps: Any, feat_stride: Any, num_frames: Any) -> Any:
  """Time in seconds at which the last of `num_steps` steps ends, the shortest possible duration of the recording."""
  return ((num_steps - 1) * feat_stride + num_frames) / fps
