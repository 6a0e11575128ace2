"""Reads the packets of a video: the number of frames, when each is shown, where decoding can begin."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jaxvid.video import picture
from jaxvid.video.container import ERRORS
from jaxvid.video.errors import Limits, VideoError, reason

# Codecs whose packets may hold frames that are never shown: their frames are counted by decoding.
_HIDDEN_FRAMES = ("vp8", "vp7", "vp6", "vp6f", "vp6a", "rv30", "rv40")
# A packet of MPEG-4 in AVI of so few bytes holds no frame, or an earlier packet holds two: count by decoding.
_NO_PICTURE = 8


@dataclasses.dataclass(frozen=True)
class Packets:
  """The packets of a video stream, in the order of the file.

  Attributes:
    num_frames: frames that are shown; if the file is cut off, those that the container announces.
    times: (num_frames,) float64, ascending: when each frame is shown, in seconds from the start of the container.
    duration: seconds from the start of the container to the end of the last frame.
    fps: frames a second, on average.
    pts: (n,) int64 ascending, n <= num_frames: the presentation time stamps of the frames; None if the stream's time
      stamps do not give the order of frames, so that these can only be counted from the first.
    key_packets, key_pts: (K,) int64 ascending: the packets at which decoding can begin, and their time stamps.
    key_dts: K decoding time stamps of these packets; None where unknown.
    places: (byte position, time stamp) -> index of the packet.
    offsets: byte position of each packet; -1 where unknown.
    shape: (height, width) of the upright first frame; None if it cannot be decoded.
    suspect: the number of frames may differ from that of the packets.
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
    """Time stamp -> index of its frame."""
    return {int(pts): index for index, pts in enumerate(self.pts)}

  def entry(self, index: int) -> int:
    """The last packet from which decoding reaches frame `index`."""
    key = np.searchsorted(self.key_pts, self.pts[index], side="right") - 1
    return int(self.key_packets[key]) if key >= 0 else 0

  def stamps(self, packet: int) -> list[int]:
    """The presentation time stamp of a key packet and, if known, its decoding time stamp."""
    key = np.searchsorted(self.key_packets, packet)
    return [int(self.key_pts[key])] + ([] if self.key_dts[key] is None else [self.key_dts[key]])


@dataclasses.dataclass(frozen=True)
class _Packet:
  """What is kept of one packet, see PyAV's."""

  pts: int | None
  dts: int | None
  duration: int
  position: int
  size: int
  is_key: bool
  is_shown: bool
  is_corrupt: bool


def scan(container: Any, stream: Any, name: str, limits: Limits) -> Packets:
  """Reads all packets of a stream that has just been opened, and decodes its first frame.

  Raises:
    VideoError: there is no packet, or there are more than `limits` allow.
  """
  # The packets, and the number of frames.
  first = _FirstFrame(stream)
  packets = list(_read(container, stream, name, limits, first))
  shown = [packet for packet in packets if packet.is_shown and not packet.is_corrupt]
  if not shown:
    raise VideoError(name, "no frame in its video stream")
  num_frames = _announced(container, stream, packets, len(shown))
  if num_frames > limits.max_frames:
    raise VideoError(name, f"announces {num_frames:,} frames, over the {limits.max_frames:,} allowed", "Cut it.")

  # Time stamps: whether they give the order of the frames, and where decoding can begin.
  reordered = bool(stream.codec_context.has_b_frames)
  # AVI has no time stamps, only an order of packets, and those that FFmpeg makes up are wrong with B-frames.
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
  """Decodes packets up to the first frame, whose `shape` it keeps; gives up at a packet that cannot be decoded."""

  def __init__(self, stream: Any) -> None:
    self.shape, self._stream, self._is_over = None, stream, False

  def feed(self, packet: Any) -> None:
    if self._is_over:
      return
    try:
      frames = self._stream.decode(packet)
    except ERRORS:  # Reading frames will raise it again.
      self._is_over = True
      return
    if frames:
      self.shape, self._is_over = picture.shape_of(frames[0]), True


def _read(container: Any, stream: Any, name: str, limits: Limits, first: "_FirstFrame") -> Iterator["_Packet"]:
  """Demuxes the stream up to its end, or to a failure after the first packet."""
  count = 0
  try:
    for packet in container.demux(stream):
      first.feed(packet)
      if not packet.size:  # The end of the stream, or a repeated frame in AVI: no picture of its own.
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
  """Number of frames that the container announces, or that were read, whichever is larger."""
  entries = stream.index_entries
  if "mp4" in container.format.name:
    # The index is complete even if pictures are missing. FFmpeg has applied edit lists to it, so hidden frames are out.
    announced = sum(not entry.is_discard for entry in entries)
  elif container.format.name == "avi" and stream.frames > len(entries):
    # The index is at the end of the file; if that is cut off, FFmpeg lists only what it finds.
    announced = stream.frames
  else:
    announced = num_shown + sum(packet.is_shown and packet.is_corrupt for packet in packets)
  return max(announced, num_shown)


def _distinct(stamps: Sequence[int | None]) -> np.ndarray | None:
  """Sorts time stamps, (n,) int64; None if some are missing or equal."""
  if None in stamps:
    return None
  ordered = np.sort(np.array(stamps, np.int64))
  return None if (np.diff(ordered) == 0).any() else ordered


def _times(
  container: Any, stream: Any, pts: np.ndarray | None, shown: Sequence["_Packet"], num_frames: int
) -> tuple[np.ndarray, float, float]:
  """(times of all frames, duration, frames a second); times in seconds from the start of the container."""
  if pts is None:
    pts = _distinct([packet.dts for packet in shown])
  rate = float(stream.average_rate or stream.guessed_rate or stream.base_rate or 0)
  base = float(stream.time_base or 0)
  if pts is None or not base:
    rate = rate or 25.0  # FFmpeg's default for a stream without a rate.
    return np.arange(num_frames) / rate, num_frames / rate, rate

  times = pts * base
  first = times[0] if container.start_time is None else min(container.start_time / 1e6, times[0])
  times = times - first
  if len(times) > 1:
    rate = (len(times) - 1) / (times[-1] - times[0])
  last = max((packet.duration for packet in shown if packet.pts == pts[-1]), default=0) * base
  last = last or (1 / rate if rate else 0.0)
  # Announced frames that are missing get times at the same rate.
  missing = np.arange(1, num_frames - len(times) + 1) / rate if rate else np.zeros(num_frames - len(times))
  times = np.concatenate([times, times[-1] + missing])
  return times, float(times[-1] + last), rate or (1 / last if last else 25.0)
