"""Encoding the clips of a dataset, in parallel, into a cache from which a stopped run goes on."""

import argparse
import concurrent.futures
import dataclasses
import functools
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError

from jaxvid import files
from jaxvid.data_prep import processes
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem
from jaxvid.records import Clip
from jaxvid.video import sampling
from jaxvid.video.decode import Video
from jaxvid.video.encode import check_quality, encode
from jaxvid.video.errors import VideoError
from jaxvid.video.flow import METHODS, Flow, check_installed
from jaxvid.video.picture import resized_shape

_SHORT_SIDE = 256
CHOICES = ("copy", "h264", "jpeg")
# A record is read whole, for each clip in it: whole broadcasts are to be cut.
_LARGEST_COPY = 2**28
# Published times and containers' durations are rounded.
_SECONDS_TOLERANCE = 1.0


@dataclasses.dataclass(frozen=True)
class Encoding:
  """How clips are stored.

  Attributes:
    kind: "copy": the bytes of the published file, with start and end; "h264" or "jpeg": the clip alone, cut to its
      frames.
    short_side: the encoded clip's, unless the published one is smaller; None keeps the size.
    quality: see `jaxvid.video.encode.encode`.
    flow: None for the pictures; otherwise their optical flow is stored, estimated by this method of
      `jaxvid.video.flow` at the size of the encoded clip.
  """

  kind: str
  short_side: int | None
  quality: int | None
  flow: str | None = None

  def describe(self) -> dict[str, Any]:
    """The encoding in the dataset's metadata."""
    settings = {"short_side": self.short_side, "quality": self.quality} if self.kind != "copy" else {}
    return {"encode": self.kind} | settings | ({"flow": self.flow} if self.flow else {})


def add_flags(parser: argparse.ArgumentParser, encode: str | None) -> None:
  """Adds the flags of how clips are stored. `encode` is the default of --encode; None: no flags, clips are copied."""
  if encode is None:
    parser.set_defaults(encode="copy", short_side=0, quality=None, flow=None)
    return
  parser.add_argument(
    "--encode",
    choices=CHOICES,
    default=encode,
    help="copy: the published bytes; h264: the clip alone, small; jpeg: the clip alone, larger and quicker to read; "
    "default: %(default)s",
  )
  parser.add_argument(
    "--short_side",
    type=int,
    default=_SHORT_SIDE,
    metavar="PIXELS",
    help="of encoded clips, 0 keeps their size; default: %(default)s",
  )
  parser.add_argument(
    "--quality", type=int, metavar="N", help="h264: CRF 0 to 51, default 20; jpeg: 2 (best) to 31, default 3"
  )
  parser.add_argument(
    "--flow", choices=METHODS, help="with --encode=jpeg: store optical flow instead of pictures; dis is far quicker"
  )
  parser.add_argument(
    "--num_processes", type=int, default=os.cpu_count(), metavar="N", help="processes; default: one a core, %(default)s"
  )


def from_flags(flags: argparse.Namespace) -> Encoding:
  """The Encoding of the flags.

  Raises:
    BadInput: a flag is out of range, or flags contradict each other.
  """
  if flags.short_side < 0 or flags.num_processes < 1:
    raise BadInput(
      "--short_side, --num_processes", "flags", "out of range", "Give 0 or more pixels, 1 or more workers."
    )
  if flags.flow:
    if flags.encode != "jpeg":
      problem = f"h264 has colours, and so flow, at half the resolution only; got --encode={flags.encode}"
      raise BadInput("--flow", "flags", problem, "Add --encode=jpeg.")
    try:
      check_installed(flags.flow)
    except ValueError as error:
      raise BadInput("--flow", "flags", str(error), "Install it first.") from None
  if flags.encode == "copy":
    return Encoding("copy", None, None)
  try:
    quality = check_quality(flags.encode, flags.quality)
  except ValueError as error:
    raise BadInput("--quality", "flags", str(error), "Correct it.") from None
  return Encoding(flags.encode, flags.short_side or None, quality, flags.flow)


class Cache:
  """Encoded clips of an unfinished build, in DATA_DIR/.clips-NAME.

  Nothing else reads the folder, and it may be deleted. A clip's file name depends on all that changes the clip: the
  settings, its times, and size and date of the video.
  """

  def __init__(self, data_dir: str | Path, name: str, encoding: Encoding) -> None:
    self._encoding = encoding
    self.folder = Path(data_dir) / f".clips-{name.replace('/', '-')}"

  def path(self, item: ClipItem) -> Path:
    """Path of the encoded clip of an item."""
    status = item.video.stat()
    what = [str(item.video.absolute()), status.st_size, status.st_mtime_ns, item.start, item.end]
    what.append(dataclasses.astuple(self._encoding))
    name = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]
    return self.folder / name[:2] / name

  def load(self, item: ClipItem) -> Clip:
    """Reads the encoded clip of an item."""
    header, _, data = self.path(item).read_bytes().partition(b"\n")
    if self._encoding.kind == "copy":
      data = item.video.read_bytes()
    return Clip(id=item.id, video=data, label=item.label, group=item.group, **json.loads(header))

  def write(self, item: ClipItem, open_video: Callable[[], Video]) -> None:
    """Encodes the clip of an item; raises BadInput where its video is bad."""
    values, data = _encode(item, open_video, self._encoding)
    with files.replacing(self.path(item)) as temporary:
      temporary.write_bytes(json.dumps(values).encode() + b"\n" + data)


def encode_all(items: list[ClipItem], cache: Cache, num_processes: int) -> Iterator[tuple[ClipItem, BadInput | None]]:
  """Encodes the clips that are not in the cache.

  Args:
    items: those of which the file is there.
    num_processes: processes; 1 works in this one.

  Yields:
    (item, None, or a BadInput if it is bad) for every item, in the order in which they are ready.
  """
  by_file: dict[Path, list[ClipItem]] = {}
  for item in items:
    if cache.path(item).exists():
      yield item, None
    else:
      by_file.setdefault(item.video, []).append(item)
  jobs = [sorted(group, key=lambda item: item.start or 0.0) for group in by_file.values()]
  if num_processes == 1:
    for job in jobs:
      yield from zip(job, _run(job, cache), strict=True)
    return
  unfinished = []
  with processes.pool(num_processes) as pool:
    futures = {pool.submit(_run, job, cache): job for job in jobs}
    try:
      for future in concurrent.futures.as_completed(futures):
        try:
          yield from zip(futures[future], future.result(), strict=True)
        except BrokenProcessPool:
          unfinished.append(futures[future])
    finally:
      pool.shutdown(cancel_futures=True)
  # A process died, and took the jobs of the others with it. Each alone in a process shows which video kills it.
  for job in unfinished:
    with processes.pool(1) as pool:
      try:
        yield from zip(job, pool.submit(_run, job, cache).result(), strict=True)
      except BrokenProcessPool:
        error = BadInput(job[0].video, "video", "its decoder crashed", "Re-encode it, or get it again.")
        yield from zip(job, itertools.repeat(error))


def _run(job: list[ClipItem], cache: Cache) -> list[BadInput | None]:
  """Encodes the items of one video; None, or a BadInput, for each in order."""
  open_video = functools.cache(lambda: Video(job[0].video))  # Its packets are read once, however many clips it has.
  outcomes: list[BadInput | None] = []
  for item in job:
    try:
      cache.write(item, open_video)
      outcomes.append(None)
    except BadInput as error:
      outcomes.append(error)
  return outcomes


def _encode(item: ClipItem, open_video: Callable[[], Video], encoding: Encoding) -> tuple[dict[str, Any], bytes]:
  """(the values of a Clip beside its video, the bytes of its video: none for a copy)."""
  try:
    video = open_video()
    start, end = item.start or 0.0, video.duration if item.end is None else item.end
    if start >= video.duration or end > video.duration + _SECONDS_TOLERANCE:
      problem = f"{start:g} to {end:g} s lies outside the video, which lasts {video.duration:g} s"
      raise BadInput(item.video, item.where, problem, "Correct the times, or get the whole video.")
    first, stop = sampling.part(video.timestamps, start, end)
    if encoding.kind == "copy":
      if item.video.stat().st_size > _LARGEST_COPY:
        problem = f"{item.video.stat().st_size / 2**20:,.0f} MiB, too large for a copy a clip"
        raise BadInput(item.video, item.where, problem, "Cut it with --encode=h264.")
      for _ in video.iterate(range(first, stop)):  # A broken video shows here, not in training.
        pass
      values = {"start": start, "end": min(end, video.duration)}
      return values | {"fps": video.fps, "num_frames": video.num_frames, "duration": video.duration}, b""
    shape = _shape(video, encoding)
    times = video.timestamps[first:stop] - video.timestamps[first]
    source = Flow(video, encoding.flow) if encoding.flow else video
    data = encode(source.iterate(range(first, stop), shape), times, encoding.kind, encoding.quality)
    made = Video(data, name=f"{item.file}, encoded")
  except BadInput:
    raise
  except VideoError as error:
    raise BadInput(item.video, f"video, {item.where}", error.problem, error.remedy) from error
  except (FFmpegError, ValueError) as error:
    problem = f"cannot be encoded ({error})"
    raise BadInput(item.video, f"video, {item.where}", problem, "Try another encoding.") from error
  values = {"start": 0.0, "end": made.duration, "fps": made.fps, "num_frames": made.num_frames}
  return values | {"duration": made.duration}, data


def _shape(video: Video, encoding: Encoding) -> tuple[int, int]:
  """(height, width) of the encoded clip."""
  short_side = min(encoding.short_side or np.inf, video.height, video.width)
  height, width = resized_shape(video.height, video.width, int(short_side))
  # H.264 with colours at half the resolution has even sizes only.
  if encoding.kind == "h264":
    return max(round(height / 2) * 2, 2), max(round(width / 2) * 2, 2)
  return height, width
