"""Decodes frames of a video file by index, exactly, for every codec, frame rate and container."""

import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jaxvid.video import picture
from jaxvid.video.container import ERRORS, name_of, open_video
from jaxvid.video.errors import Limits, VideoError, reason
from jaxvid.video.packets import Packets, scan

# Bytes between the present and the wanted packet from which a seek is faster than reading on.
_SEEK_PAYS = 8 * 2**20


class Video:
  """A video file whose frames can be read by index.

  Frame i is the i-th frame that a decoder shows when it decodes the file from its beginning; `frames` gives the same
  pictures when it seeks. Frames that a decoder repairs as players do, after a lost packet say, count as frames.

  Attributes:
    name: of the file in messages.
    num_frames: frames that are shown. If the file is cut off, it is the number that the container announces; reading a
      missing frame raises VideoError.
    timestamps: (num_frames,) float64, ascending: when each frame is shown, in seconds from the start of the container.
    duration: in seconds, to the end of the last frame.
    fps: frames a second, on average.
  """

  def __init__(
    self, source: str | os.PathLike | bytes, *, threads: int = 1, limits: Limits | None = None, name: str | None = None
  ) -> None:
    """Reads the packets of the file and decodes the first frame.

    Decodes the whole file if the number of its frames does not follow from its packets.

    Args:
      source: a path, or the bytes of a file.
      threads: of the decoder; 0 lets FFmpeg choose. Pictures do not depend on it.
      limits: on the size of the video; default: `Limits()`.
      name: of the file in messages; by default its path.

    Raises:
      VideoError: there is no video to decode.
    """
    self.name = name_of(source) if name is None else name
    self._source, self._threads, self._limits = source, threads, limits or Limits()
    with self._open() as (container, stream):
      packets = scan(container, stream, self.name, self._limits)
    self._packets: Packets = packets
    self._first = packets.shape
    self.num_frames, self.timestamps = packets.num_frames, packets.times
    self.duration, self.fps = packets.duration, packets.fps
    if packets.suspect:
      self._count()

  @property
  def height(self) -> int:
    """Height of the upright picture, in pixels."""
    return self._shape()[0]

  @property
  def width(self) -> int:
    """Width of the upright picture, in pixels."""
    return self._shape()[1]

  def frames(self, indices: Sequence[int] | np.ndarray, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """Reads frames by index, uint8 (N, H, W, 3) RGB, upright.

    Args:
      indices: N frame indices in any order, with repetitions.
      size: length of the short side after resizing, or (H, W); None keeps the size of the first frame. Pixels are taken
        as square.

    Raises:
      IndexError: an index is negative, or not below `num_frames`.
      VideoError: a frame cannot be decoded: the file is damaged, or ends before it.
    """
    indices = np.asarray(indices, np.int64).reshape(-1)
    if len(indices) and not (0 <= indices.min() and indices.max() < self.num_frames):
      raise IndexError(f"{self.name}: frames {indices.min()} to {indices.max()} of {self.num_frames}")
    shape = picture.resized_shape(*self._shape(), size)
    num_bytes = len(indices) * shape[0] * shape[1] * 3
    if num_bytes > self._limits.max_bytes or shape[0] * shape[1] > self._limits.max_pixels:
      problem = f"{len(indices):,} frames of {shape[0]} x {shape[1]} take {num_bytes / 2**30:,.1f} GiB at once"
      raise VideoError(self.name, problem, "Read fewer or smaller ones, or raise the limits.")
    result = np.empty((len(indices), *shape, 3), np.uint8)
    wanted, places = np.unique(indices, return_inverse=True)
    places = np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places, minlength=len(wanted)))[:-1])
    for frame, where in zip(self.iterate(wanted, shape), places, strict=len(indices) > 0):
      result[where] = frame
    return result

  def iterate(
    self, indices: Sequence[int] | np.ndarray, size: int | tuple[int, int] | None = None
  ) -> Iterator[np.ndarray]:
    """Yields the frames of ascending indices, (H, W, 3) each; otherwise as `frames`."""
    convert = picture.Converter(*picture.resized_shape(*self._shape(), size))
    for index, frame in self._decode([int(index) for index in indices]):
      try:
        yield convert(frame)
      except ERRORS as error:
        raise VideoError(self.name, f"frame {index} cannot be converted to RGB ({reason(error)})") from error

  def _open(self) -> contextlib.AbstractContextManager:
    return open_video(self._source, self.name, self._threads, self._limits)

  def _shape(self) -> tuple[int, int]:
    """(height, width) of the upright first frame, which is decoded if need be."""
    if self._first is None:
      for _, frame in self._in_order([0]):
        self._first = picture.shape_of(frame)
    return self._first

  def _count(self) -> None:
    """Counts the frames by decoding the whole file; for a damaged file the packets' number is kept."""
    count = 0
    with self._open() as (container, stream):
      try:
        for frame in container.decode(stream):
          if self._first is None:
            self._first = picture.shape_of(frame)
          count += 1
          if count > self._limits.max_frames:
            raise VideoError(self.name, f"more than {self._limits.max_frames:,} frames", "Cut it, or raise the limit.")
      except ERRORS as error:
        if isinstance(error, VideoError):
          raise
        if not count:
          raise VideoError(self.name, f"no frame can be decoded ({reason(error)})") from error
        return
    if not count:
      raise VideoError(self.name, "no frame can be decoded")
    if count != self.num_frames:
      self.num_frames = count
      self.timestamps = np.arange(count) / self.fps
      self.duration = count / self.fps

  def _decode(self, wanted: list[int]) -> Iterator[tuple]:
    """(index, frame) of the wanted ascending indices: by time stamp as far as that works, the rest in order."""
    if self._packets.pts is not None and not self._packets.suspect:
      found = 0
      for index, frame in self._by_time_stamp([index for index in wanted if index < len(self._packets.pts)]):
        yield index, frame
        found += 1
      wanted = wanted[found:]
    yield from self._in_order(wanted)

  def _in_order(self, wanted: list[int]) -> Iterator[tuple[int, Any]]:
    """(index, frame) of the wanted indices by decoding from the first frame and counting, which defines the indices."""
    if not wanted:
      return
    remaining, count = list(reversed(wanted)), 0
    with self._open() as (container, stream):
      try:
        for frame in container.decode(stream):
          if count == remaining[-1]:
            yield remaining.pop(), frame
            if not remaining:
              return
          count += 1
      except ERRORS as error:
        if isinstance(error, VideoError):
          raise
        problem = f"damaged after {count} of {self.num_frames} frames ({reason(error)})"
        raise VideoError(self.name, f"{problem}; frame {remaining[-1]} is wanted") from error
    problem = f"ends early: only {count} of {self.num_frames} frames can be decoded; frame {remaining[-1]} is wanted"
    raise VideoError(self.name, problem)

  def _by_time_stamp(self, wanted: list[int]) -> Iterator[tuple[int, Any]]:
    """(index, frame) of the wanted indices by decoding from the last keyframe before each.

    Frames are recognised by their time stamps. At the first mismatch with the packets it ends without the rest.
    """
    if not wanted:
      return
    packets, last = self._packets, -1
    with self._open() as (container, stream):
      reader = _Reader(container, stream, packets)
      try:
        for target in wanted:
          if reader.skip_to(packets.entry(target)):
            last = -1
          for frame in reader:
            index = packets.index_of.get(frame.pts)
            if index is None or index <= last or index > target:
              return
            last = index
            if index == target:
              yield index, frame
              break
          else:
            return
      except ERRORS as error:
        if isinstance(error, VideoError):
          raise


class _Reader:
  """Iterates over the frames of a stream, and can skip packets."""

  def __init__(self, container: Any, stream: Any, packets: Packets) -> None:
    self._container, self._stream, self._packets = container, stream, packets
    self._demuxed = container.demux(stream)
    self._next = 0  # The packet that is decoded next.
    self._pending = []

  def __iter__(self) -> "_Reader":
    return self

  def __next__(self) -> Any:
    while not self._pending:
      packet = next(self._demuxed)
      self._next += packet.size > 0
      self._pending = self._stream.decode(packet)[::-1]
    return self._pending.pop()

  def skip_to(self, packet: int) -> bool:
    """Skips to a packet, unless it is decoded already; returns whether packets were skipped."""
    if packet <= self._next:
      return False
    offsets = self._packets.offsets
    if offsets[packet] - offsets[self._next] > _SEEK_PAYS:
      self._seek(packet)
    while self._next < packet:
      self._next += next(self._demuxed).size > 0
    self._stream.codec_context.flush_buffers()
    self._pending = []
    return True

  def _seek(self, packet: int) -> None:
    """Seeks by the container's index to a packet not before the next one and not after this one."""
    for stamp in self._packets.stamps(packet):  # Some containers index presentation times, some decoding times.
      self._container.seek(stamp, stream=self._stream)
      demuxed = self._container.demux(self._stream)
      first = next(demuxed)
      found = self._packets.places.get((-1 if first.pos is None else first.pos, first.pts))
      if found is not None and self._next <= found <= packet:
        self._demuxed = itertools.chain([first], demuxed)
        self._next = found
        return
    raise ValueError("the container's index leads elsewhere")  # The caller then reads from the beginning.
