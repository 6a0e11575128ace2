"""Encodes frames as the bytes of a video file: H.264 or JPEG pictures in MP4."""

import fractions
import io
from collections.abc import Iterable
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

CODECS = ("h264", "jpeg")
_TIME_BASE = fractions.Fraction(1, 90_000)
# Frames between keyframes. Decoding begins at one, so short distances make it cheap to read a few frames of a clip.
_KEY_EVERY = 24
_JPEG_QUALITY = range(2, 32)
_H264_QUALITY = range(0, 52)


def encode(
  frames: Iterable[np.ndarray], times: Iterable[float], codec: str = "h264", quality: int | None = None
) -> bytes:
  """Encodes frames as an MP4 file.

  Args:
    frames: uint8 (H, W, 3) RGB each, all of one size. H and W even for h264.
    times: when each frame is shown, in seconds, ascending.
    codec: "h264", or "jpeg", which encodes every picture by itself: several times as large, but cheap to read singly.
    quality: of h264 the CRF, 0 (lossless) to 51, 20 by default; of jpeg FFmpeg's scale, 2 (best) to 31, 3 by default.

  Returns:
    The bytes of an MP4 file.

  Raises:
    ValueError: a setting is out of range, or the frames have other types, sizes or numbers than they must.
  """
  if codec not in CODECS:
    raise ValueError(f"codec: {codec!r} is none of {', '.join(CODECS)}")
  quality = check_quality(codec, quality)
  file = io.BytesIO()
  with av.open(file, "w", format="mp4") as container:
    stream, convert = None, VideoReformatter()
    for frame, time in zip(frames, times, strict=True):
      if stream is None:
        stream = _stream(container, codec, quality, *frame.shape[:2])
      if frame.shape != (stream.height, stream.width, 3):
        raise ValueError(f"a frame of shape {frame.shape} after frames of {(stream.height, stream.width, 3)}")
      picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
      picture = convert.reformat(picture, format=stream.pix_fmt, threads=1, **_RANGE[codec])
      picture.pts, picture.time_base = round(time / _TIME_BASE), _TIME_BASE
      container.mux(stream.encode(picture))
    if stream is None:
      raise ValueError("no frames to encode")
    container.mux(stream.encode(None))
  return file.getvalue()


# JPEG pictures use all 256 levels, H.264 television's 16 to 235.
_RANGE = {"h264": {}, "jpeg": {"dst_color_range": "JPEG"}}


def check_quality(codec: str, quality: int | None) -> int:
  """The quality, or the codec's default for None; ValueError where it is out of range."""
  allowed, default = {"h264": (_H264_QUALITY, 20), "jpeg": (_JPEG_QUALITY, 3)}[codec]
  if quality is not None and quality not in allowed:
    raise ValueError(f"quality: {quality}; give {allowed[0]} to {allowed[-1]} for {codec}")
  return default if quality is None else quality


def _stream(container: Any, codec: str, quality: int, height: int, width: int) -> Any:
  if codec == "h264" and (height % 2 or width % 2):
    raise ValueError(f"h264 has even sizes only; got frames of {height} x {width}. Crop them, or take jpeg")
  if codec == "h264":
    # Without mbtree, since x264's output is not reproducible with it.
    options = {"crf": str(quality), "preset": "fast", "g": str(_KEY_EVERY), "x264-params": "mbtree=0"}
    stream = container.add_stream("libx264", options=options)
    stream.pix_fmt = "yuv420p"
  else:
    stream = container.add_stream("mjpeg", options={"qmin": str(quality), "qmax": str(quality)})
    stream.pix_fmt = "yuvj444p"  # Not 420: colours at half the resolution tint grey pictures.
  stream.height, stream.width = height, width
  stream.codec_context.time_base = _TIME_BASE
  stream.codec_context.thread_count = 1  # Clips are encoded side by side, and the bytes are the same everywhere.
  return stream
