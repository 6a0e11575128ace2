"""A decoded frame as an upright RGB array, resized on the way."""

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

# Bilinear as FFmpeg does it: its filter widens as a picture shrinks, so that nothing is aliased, and it is the cheapest
# that does so; without the full chroma interpolation it makes everything darker by one or two levels of 255. At the
# frame's own size this is not used: what comes out is what PyAV's to_ndarray(format="rgb24") gives.
INTERPOLATION = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT


def resized_shape(height: int, width: int, size: int | tuple[int, int] | None) -> tuple[int, int]:
  """(height, width) after a resize of the short side to `size`; of both if it is a pair; of nothing if it is None."""
  if size is None:
    return height, width
  if not isinstance(size, int | np.integer):
    return int(size[0]), int(size[1])
  if height <= width:
    return int(size), max(round(width * size / height), 1)
  return max(round(height * size / width), 1), int(size)


def turn_of(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
  """How a frame is to be turned: (transpose, then flip up and down, then flip left and right).

  A display matrix may hold any angle; the nearest quarter is taken.
  """
  found = frame.side_data.get("DISPLAYMATRIX")
  if found is None or len(bytes(found)) < 36:
    return False, False, False
  # It maps a column x and a row y to the column a * x + c * y and the row b * x + d * y, but for a shift.
  a, b, _, c, d = np.frombuffer(bytes(found), np.int32)[:5].astype(np.int64)
  if abs(b) + abs(c) > abs(a) + abs(d):
    return True, bool(b < 0), bool(c < 0)
  return False, bool(d < 0), bool(a < 0)


def shape_of(frame: av.VideoFrame) -> tuple[int, int]:
  """(height, width) of an upright frame."""
  transpose, _, _ = turn_of(frame)
  return (frame.width, frame.height) if transpose else (frame.height, frame.width)


class Converter:
  """Frames upright as uint8 (height, width, 3).

  One converts many: setting FFmpeg's scaler up takes longer than scaling a small picture.
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
