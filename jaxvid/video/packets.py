"""What a file holds, from its packets: how many frames, when each is shown, where decoding can begin."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jaxvid.video import picture
from jaxvid.video.container import ERRORS
from jaxvid.video.errors import Limits, VideoError, reason

# A packet of VP8 may hold a frame that is never shown; a packet of MPEG-4 in AVI this small holds none, or two are in
# one before it. Their frames are counted by decoding.
_HIDDEN_FRAMES = ("vp8", "vp7", "vp6", "vp6f", "vp6a", "rv30", "rv40")
_NO_PICTURE = 8


@dataclasses.dataclass(frozen=True)
class Packets:
  """The packets of a video stream, in the order of the file.

  Attributes:
    num_frames: frames that are shown, or that the container announces where the file ends before it has them all.
    times: (num_frames,) float64, ascending: when each frame is shown, in seconds from the start of the container.
    duration: seconds from the start of the container to the end of the last frame.
    fps: frames a second, on average.
    pts: (n,) int64 ascending, n <= num_frames: the time stamps of the frames in the order they are shown; None where
      the stream's own are no guide to that order, so that frames can only be counted from the first.
    key_packets, key_pts: (K,) int64 ascending: the packets at which decoding can begin, and their time stamps.
    key_dts: list of K, when these are decoded; None where it is not known.
    places: dict of (byte position, time stamp) -> packet.
    offsets: byte position of each packet; -1 where it is not known.
    shape: (height, width) of the upright first frame; None where it cannot be decoded.
    suspect: the packets may not tell how many frames there are.
  """

  num_frames: int
  times: np.ndarray
  duration: float
  fps: float
  pts: np.ndarray | None
  key_packets: np.ndarray
  key_pts: np.ndarray
  key_dts: list
  places: dict
  offsets: list
  shape: tuple[int, int] | None
  suspect: bool

  @functools.cached_property
  def index_of(self) -> dict:
    """dict of time stamp -> index of its frame."""
    return {int(pts): index for index, pts in enumerate(self.pts)}

  def entry(self, index: int) -> int:
    """The last packet at which decoding can begin to show frame `index`."""
    key = np.searchsorted(self.key_pts, self.pts[index], side="right") - 1
    return int(self.key_packets[key]) if key >= 0 else 0

  def stamps(self, packet: int) -> list[int]:
    """The time stamps of a packet: when its frame is shown, when it is decoded."""
    key = np.searchsorted(self.key_packets, packet)
    return [int(self.key_pts[key])] + ([] if self.key_dts[key] is None else [self.key_dts[key]])


@dataclasses.dataclass(frozen=True)
class _Packet:
  pts: int | None
  dts: int | None
  duration: int
  position: int
  size: int
  is_key: bool
  is_shown: bool
  is_corrupt: bool


def scan(container: Any, stream: Any, name: str, limits: Limits) -> Packets:
  """Reads all packets of a stream that has just been opened.

  Raises:
    VideoError: there is no packet, or more than `limits` allow.
  """
  first = _FirstFrame(stream)
  packets = list(_read(container, stream, name, limits, first))
  shown = [packet for packet in packets if packet.is_shown and not packet.is_corrupt]
  if not shown:
    raise VideoError(name, "no frame in its video stream")
  num_frames = _announced(container, stream, packets, len(shown))
  if num_frames > limits.max_frames:
    raise VideoError(name, f"announces {num_frames:,} frames, over the {limits.max_frames:,} allowed", "Cut it.")

  reordered = bool(stream.codec_context.has_b_frames)
  # An AVI file has no time stamps but the order of the packets; those that FFmpeg makes up for B-frames are wrong.
  stamped = not (container.format.name == "avi" and reordered)
  pts = _distinct([packet.pts for packet in shown]) if stamped else None
  keys = [index for index, packet in enumerate(packets) if packet.is_key and packet.pts is not None]
  key_pts = np.array([packets[index].pts for index in keys], np.int64)
  if pts is not None and (np.diff(key_pts) <= 0).any():
    pts = None
  times, duration, fps = _times(container, stream, pts, shown, num_frames)
  return Packets(
    num_frames=num_frames,
    times=times,
    duration=duration,
    fps=fps,
    pts=pts,
    key_packets=np.array(keys, np.int64),
    key_pts=key_pts,
    key_dts=[packets[index].dts for index in keys],
    places={(packet.position, packet.pts): index for index, packet in enumerate(packets)},
    offsets=[packet.position for packet in packets],
    shape=first.shape,
    suspect=(
      (stamped and pts is None)
      or not packets[0].is_key
      or stream.codec_context.codec.canonical_name in _HIDDEN_FRAMES
      or (not stamped and min(packet.size for packet in shown) <= _NO_PICTURE)
    ),
  )


class _FirstFrame:
  """Decodes packets until the first frame is out; a packet that cannot be decoded ends the attempt."""

  def __init__(self, stream: Any) -> None:
    self.shape, self._stream, self._is_over = None, stream, False

  def feed(self, packet: Any) -> None:
    if self._is_over:
      return
    try:
      frames = self._stream.decode(packet)
    except ERRORS:  # Who asks for frames is told.
      self._is_over = True
      return
    if frames:
      self.shape, self._is_over = picture.shape_of(frames[0]), True


def _read(container: Any, stream: Any, name: str, limits: Limits, first: "_FirstFrame") -> Iterator["_Packet"]:
  count = 0
  try:
    for packet in container.demux(stream):
      first.feed(packet)
      if not packet.size:  # Ends the stream, or repeats the frame before it in an AVI file: neither is a picture.
        continue
      count += 1
      if count > limits.max_frames:
        raise VideoError(name, f"more than {limits.max_frames:,} frames", "Cut it, or raise the limit.")
      yield _Packet(
        pts=packet.pts,
        dts=packet.dts,
        duration=packet.duration or 0,
        position=-1 if packet.pos is None else packet.pos,
        size=packet.size,
        is_key=packet.is_keyframe and not packet.is_corrupt,
        is_shown=not packet.is_discard,
        is_corrupt=packet.is_corrupt,
      )
  except ERRORS as error:
    if isinstance(error, VideoError):
      raise
    if not count:
      raise VideoError(name, f"no frame can be read from it ({reason(error)})") from error


def _announced(container: Any, stream: Any, packets: Sequence["_Packet"], num_shown: int) -> int:
  """Frames that the container says there are, where it says more than can be read; else those that can be read."""
  entries = stream.index_entries
  if "mp4" in container.format.name:
    # The index is at hand before the pictures are; an edit list has already taken out of it what is not shown.
    announced = sum(not entry.is_discard for entry in entries)
  elif container.format.name == "avi" and stream.frames > len(entries):
    # The index is at the end of the file: without it FFmpeg lists what it finds.
    announced = stream.frames
  else:
    announced = num_shown + sum(packet.is_shown and packet.is_corrupt for packet in packets)
  return max(announced, num_shown)


def _distinct(stamps: Sequence[int | None]) -> np.ndarray | None:
  """The time stamps ascending, (n,) int64; None where some are missing or the same."""
  if None in stamps:
    return None
  ordered = np.sort(np.array(stamps, np.int64))
  return None if (np.diff(ordered) == 0).any() else ordered


def _times(
  container: Any, stream: Any, pts: np.ndarray | None, shown: Sequence["_Packet"], num_frames: int
) -> tuple[np.ndarray, float, float]:
  """The times of all frames, the duration, and the frames a second."""
  if pts is None:
    pts = _distinct([packet.dts for packet in shown])
  rate = float(stream.average_rate or stream.guessed_rate or stream.base_rate or 0)
  base = float(stream.time_base or 0)
  if pts is None or not base:
    rate = rate or 25.0  # What FFmpeg takes for a stream that says nothing.
    return np.arange(num_frames) / rate, num_frames / rate, rate

  times = pts * base
  first = times[0] if container.start_time is None else min(container.start_time / 1e6, times[0])
  times = times - first
  if len(times) > 1:
    rate = (len(times) - 1) / (times[-1] - times[0])
  last = max((packet.duration for packet in shown if packet.pts == pts[-1]), default=0) * base
  last = last or (1 / rate if rate else 0.0)
  # Frames that are announced but not there would follow at the same pace.
  missing = np.arange(1, num_frames - len(times) + 1) / rate if rate else np.zeros(num_frames - len(times))
  times = np.concatenate([times, times[-1] + missing])
  return times, float(times[-1] + last), rate or (1 / last if last else 25.0)
