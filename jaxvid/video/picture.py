"""Converts decoded frames to upright RGB arrays, resized."""

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

# FFmpeg's bilinear filter widens as a picture shrinks, so it does not alias, and is the cheapest that does not. Without
# full chroma interpolation all pictures would be darker by one or two levels of 255. At the frame's own size it is not
# used: the result is that of PyAV's to_ndarray(format="rgb24").
INTERPOLATION = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT


def resized_shape(height: int, width: int, size: int | tuple[int, int] | None) -> tuple[int, int]:
  """(height, width) after resizing the short side to `size`, or to `size` if it is a pair; unchanged if it is None."""
  if size is None:
    return height, width
  if not isinstance(size, int | np.integer):
    return int(size[0]), int(size[1])
  if height <= width:
    return int(size), max(round(width * size / height), 1)
  return max(round(height * size / width), 1), int(size)


def turn_of(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
  """How to turn a frame upright: (transpose, then flip up and down, then flip left and right).

  The angle is that of the display matrix, rounded to a quarter turn.
  """
  found = frame.side_data.get("DISPLAYMATRIX")
  if found is None or len(bytes(found)) < 36:
    return False, False, False
  # The matrix takes column x and row y to column a * x + c * y and row b * x + d * y, plus a shift.
  a, b, _, c, d = np.frombuffer(bytes(found), np.int32)[:5].astype(np.int64)
  if abs(b) + abs(c) > abs(a) + abs(d):
    return True, bool(b < 0), bool(c < 0)
  return False, bool(d < 0), bool(a < 0)


def shape_of(frame: av.VideoFrame) -> tuple[int, int]:
  """(height, width) of a frame turned upright."""
  transpose, _, _ = turn_of(frame)
  return (frame.width, frame.height) if transpose else (frame.height, frame.width)


class Converter:
  """Converts frames to upright uint8 arrays (height, width, 3).

  Use one for many frames: setting up FFmpeg's scaler takes longer than scaling a small picture.
  """

  def __init__(self, height: int, width: int) -> None:
    self.shape = height, width
    self._reformatter = VideoReformatter()

  def __call__(self, frame: av.VideoFrame) -> np.ndarray:
    transpose, up_down, left_right = turn_of(frame)
    height, width = self.shape[::-1] if transpose else self.shape
    interpolation = None if (height, width) == (frame.height, frame.width) else INTERPOLATION
    picture = self._reformatter.reformat(
      frame, width=width, height=height, format="rgb24", interpolation=interpolation, threads=1
    )
    array = picture.to_ndarray()
    if transpose:
      array = array.swapaxes(0, 1)
    if up_down:
      array = array[::-1]
    return array[:, ::-1] if left_right else array
