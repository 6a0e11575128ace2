"""Opens video files with FFmpeg: allowed formats, choice of the stream, and errors."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.logging

from jaxvid.video.errors import Limits, VideoError, reason

# Endings of video files' names.
SUFFIXES = (".mp4", ".webm", ".mkv", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp", ".gif")

# FFmpeg's demuxers of video files. Others are left out: FFmpeg also reads playlists, which open other files, and draws
# plain text like a terminal.
FORMATS = (
  "mov mp4 m4a 3gp 3g2 mj2 matroska webm avi mpegts mpeg mpegvideo m4v h263 h264 hevc vvc av1 obu ivf flv asf ogg gif "
  "apng mjpeg yuv4mpegpipe nut rm dv mxf wtv"
).split()

# What PyAV raises on a damaged file: mostly its FFmpegError, but also nearly any builtin error where FFmpeg returns
# something unexpected. A damaged file must never end a long training, so all are caught.
ERRORS = (Exception,)

# PyAV before version 19 refuses files whose title is not UTF-8 by default.
_TEXTS = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}

# Silences FFmpeg, which writes to stderr what this package raises.
av.logging.set_level(None)


def name_of(source: str | os.PathLike | bytes) -> str:
  """Name of a source in messages: its path, or the number of its bytes."""
  return f"{len(source)} bytes of video" if isinstance(source, bytes) else os.fspath(source)


def check(source: str | os.PathLike | bytes, name: str) -> None:
  """Raises VideoError if the source is absent, a folder, empty or not readable."""
  if isinstance(source, bytes):
    if not source:
      raise VideoError(name, "empty, 0 bytes")
    return
  path = Path(source)
  try:
    if path.is_dir():
      raise VideoError(name, "a folder, not a file", "Give the path of a video.")
    if not path.exists():
      raise VideoError(name, "no such file", "Check the path.")
    if path.is_file() and not path.stat().st_size:
      raise VideoError(name, "empty, 0 bytes")
    with open(path, "rb"):
      pass
  except OSError as error:
    raise VideoError(name, f"cannot be read ({reason(error)})", "Check the path and its permissions.") from error


@contextlib.contextmanager
def open_video(
  source: str | os.PathLike | bytes, name: str, threads: int, limits: Limits
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
  """Opens a file: its container and its first video stream, whose decoder is set up but not started.

  Args:
    source: a path, or the bytes of a file.
    name: of the source, for messages.
    threads: of the decoder; 0 lets FFmpeg choose.
    limits: on the size of a frame.

  Raises:
    VideoError: it is no video file or has no video stream that can be decoded; also on any failure inside the `with`.
  """
  check(source, name)
  file = io.BytesIO(source) if isinstance(source, bytes) else os.fspath(source)
  try:
    container = av.open(file, options={"format_whitelist": ",".join(FORMATS)}, **_TEXTS)
  except ERRORS as error:
    raise VideoError(name, f"no video file that FFmpeg can read ({reason(error)})") from error
  try:
    with container:
      stream = _video_stream(container, name)
      context = stream.codec_context
      context.options = {**context.options, "max_pixels": str(limits.max_pixels)}
      context.thread_count = threads
      context.thread_type = "SLICE" if threads == 1 else "AUTO"
      yield container, stream
  except VideoError:
    raise
  except ERRORS as error:
    raise VideoError(name, f"its video stream cannot be read ({reason(error)})") from error


def _video_stream(container: Any, name: str) -> Any:
  """The first video stream that is not a cover picture."""
  covers = av.stream.Disposition.attached_pic
  streams = [stream for stream in container.streams.video if not stream.disposition & covers]
  if not streams:
    kinds = sorted({stream.type for stream in container.streams}) or ["nothing"]
    raise VideoError(name, f"no video stream, only {', '.join(kinds)}", "Give a file with pictures.")
  if streams[0].codec_context is None:
    raise VideoError(name, "its video codec is not known to this FFmpeg", "Re-encode it, for instance as H.264.")
  return streams[0]
