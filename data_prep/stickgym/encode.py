"""Writing frames as a video file: H.264 in MP4, as cameras and web sites do."""

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

# One thread: with several, x264 cuts the picture up by how many there are. And no macroblock tree: x264 (core 165) gave
# several different files for the same small frames with it, and one without, in 40 trials at each of four sizes.
_SAME_BYTES = {"preset": "veryfast", "threads": "1", "x264-params": "mbtree=0"}


def write_video(path: str | Path, frames: Iterable[np.ndarray], fps: int, crf: int) -> int:
  """Writes a video, whole or not at all. Its bytes depend on the arguments alone, not on the number of cores.

  Args:
    path: of the .mp4 file; its folder is made.
    frames: iterable of (H, W, 3) uint8, H and W even.
    fps: frames a second.
    crf: x264's quality, 0 (without loss) to 51.

  Returns:
    How many frames there were.
  """
  path = Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
  try:
    num_frames = _write(temporary, frames, fps, crf)
    os.replace(temporary, path)
  finally:
    temporary.unlink(missing_ok=True)
  return num_frames


def _write(path: str | Path, frames: Iterable[np.ndarray], fps: int, crf: int) -> int:
  num_frames = 0
  with av.open(str(path), "w", format="mp4") as container:
    stream = container.add_stream("libx264", rate=fps, options={"crf": str(crf), **_SAME_BYTES})
    stream.pix_fmt = "yuv420p"
    for pixels in frames:
      if num_frames == 0:
        stream.height, stream.width = pixels.shape[:2]
      frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
      frame.pts, frame.time_base = num_frames, Fraction(1, fps)
      container.mux(stream.encode(frame))
      num_frames += 1
    if num_frames == 0:
      raise ValueError(f"{path}: no frames. Give one at least.")
    container.mux(stream.encode())
  return num_frames
