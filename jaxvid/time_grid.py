"""The one place where seconds become grid units and back.

Step i of a feature sequence sees frames [i * stride, i * stride + num_frames) of a recording with `fps` frames a
second.
A localization model counts time in grid units: step i sits at i, the centre of what it sees. Hence

    grid = t * fps / stride - 0.5 * num_frames / stride

Plain arithmetic: the functions take Python numbers, NumPy arrays and JAX arrays alike.
"""

from typing import Any


def seconds_to_grid(seconds: Any, fps: Any, feat_stride: Any, num_frames: Any) -> Any:
  """Grid position of a time in seconds."""
  return seconds * fps / feat_stride - 0.5 * num_frames / feat_stride


def grid_to_seconds(grid: Any, fps: Any, feat_stride: Any, num_frames: Any) -> Any:
  """Time in seconds of a grid position; the inverse of `seconds_to_grid`."""
  return (grid * feat_stride + 0.5 * num_frames) / fps


def expected_num_steps(duration: float, fps: float, feat_stride: float, num_frames: float) -> int:
  """Steps that an extractor makes of `duration` seconds: the windows that lie inside the recording, at least one."""
  return max(int((duration * fps - num_frames) // feat_stride) + 1, 1)


def end_of_last_step(num_steps: Any, fps: Any, feat_stride: Any, num_frames: Any) -> Any:
  """Time in seconds at which the last of `num_steps` steps ends: the least that the recording can last."""
  return ((num_steps - 1) * feat_stride + num_frames) / fps
