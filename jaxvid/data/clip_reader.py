"""Reads and decodes the clips of a split; broken ones are replaced, left out, or end the run."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxvid.data import store
from jaxvid.data.clip_views import Views
from jaxvid.data.store import Split
from jaxvid.video.decode import Video
from jaxvid.video.errors import VideoError
from jaxvid.video.flow import check_installed

_LOG = logging.getLogger(__name__)
# Clips that are tried in the place of a broken one. That many broken in a row mean that something else is wrong.
_MAX_TRIALS = 20


class ClipReader:
  """The clips of a split as arrays; safe to share among threads.

  Attributes:
    broken: index of a broken clip -> what is wrong with it, for the clips read so far.
  """

  def __init__(self, source: Split, views: Views, skip_bad: bool, cache_decoded: bool) -> None:
    """Checks that the dataset and the settings fit; reads nothing yet.

    Args:
      source: the split.
      views: how clips are sampled, resized and cropped.
      skip_bad, cache_decoded: see jaxvid.data.pipelines.clips.Data.

    Raises:
      ValueError: the dataset holds optical flow of another method than `views.flow`, or flow is to be estimated and the
        package for it is not installed.
    """
    self._is_flow = _check_flow(source, views.flow)
    self._source, self._views = source, views
    self._skip_bad = skip_bad
    self._cache = {} if cache_decoded else None
    self._lock = threading.Lock()
    self.broken = {}

  def train_example(self, index: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A random view of clip `index`, or of a random other clip if it is broken.

    Returns:
      video (clip_len, H, W, C) uint8 and label () int32.

    Raises:
      VideoError: the clip is broken and skip_bad does not cover it.
    """
    for _ in range(_MAX_TRIALS):
      try:
        return self._train_view(index, rng)
      except VideoError as error:
        self._note(index, error)
        index = int(rng.integers(len(self._source)))
    raise VideoError(
      repr(self._source), f"{_MAX_TRIALS} clips in a row are broken, the last: {self.broken[max(self.broken)]}",
      "Build the dataset again.",
    )  # fmt: skip

  def eval_example(self, index: int) -> tuple[dict[str, Any], dict[str, np.ndarray] | None]:
    """All views of clip `index`: (record without its video, batch of one as in Data.eval_examples).

    The batch is None where the clip is broken and skip_bad is set.

    Raises:
      VideoError: the clip is broken and skip_bad does not cover it.
    """
    record = self._source[index]
    try:
      clip = self._clip(index, record)
      frames = self._views.test_frames(clip.timestamps, record["start"], record["end"])
      pixels = clip.frames(frames.reshape(-1), self._views.test_size(clip.height, clip.width))
    except VideoError as error:
      self._note(index, error)
      return _drop_video(record), None
    views = [self._views.test_pixels(part) for part in pixels.reshape(*frames.shape, *pixels.shape[1:])]
    batch = {"video": np.concatenate(views)[None], "label": np.array([record["label"]], np.int32)}
    return _drop_video(record), batch

  def _train_view(self, index: int, rng: np.random.Generator) -> dict[str, Any]:
    """A random view of clip `index`; raises VideoError where it is broken."""
    record = self._source[index]
    clip = self._clip(index, record)
    frames = self._views.train_frames(clip.timestamps, record["start"], record["end"], rng)
    pixels = clip.frames(frames, self._views.train_size(clip.height, clip.width, rng))
    return {"video": self._views.train_pixels(pixels, rng), "label": np.int32(record["label"])}

  def _clip(self, index: int, record: Mapping[str, Any]) -> Any:
    """The opened clip, a `Video`, its `Flow`, or one of these decoded in memory."""
    if self._cache is None:
      return self._open(record)
    found = self._cache.get(index)
    if found is None:
      video = self._open(record)
      found = self._cache[index] = _Decoded(video, self._views.test_size(video.height, video.width))
    return found

  def _open(self, record: Mapping[str, Any]) -> Any:
    """Opens a record's video; without stored flow, as `Views.flow` says."""
    video = Video(record["video"], name=f"clip {record['id']} of {self._source!r}")
    return video if self._is_flow else self._views.of(video)

  def _note(self, index: int, error: VideoError) -> None:
    """Notes a broken clip, with a warning the first time; raises VideoError unless skip_bad is set."""
    if not self._skip_bad:
      raise VideoError(error.file, error.problem, f"{error.remedy} Or set config.data.skip_bad.") from error
    with self._lock:
      is_new = index not in self.broken
      self.broken[index] = str(error)
      count = len(self.broken)
    if is_new:
      _LOG.warning("skipped, %d of %d clips so far: %s", count, len(self._source), error)


class _Decoded:
  """All decoded frames of a video in memory, at one size (H, W)."""

  def __init__(self, video: Any, size: tuple[int, int]) -> None:
    self.timestamps, self.height, self.width = video.timestamps, video.height, video.width
    self._size = size
    self._frames = video.frames(np.arange(video.num_frames), size)

  def frames(self, indices: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Frames (N, H, W, C) at `indices` (N,); `size` must be that of the cache."""
    if size != self._size:
      raise ValueError(f"frames of size {size} are asked for, but the cache holds size {self._size}")
    return self._frames[indices]


def _check_flow(source: store.Split, flow: str | None) -> bool:
  """Whether the dataset stores optical flow; raises ValueError where it is not of the method `flow`."""
  stored = source.metadata.get("encoding", {}).get("flow")
  if stored not in (None, flow):
    raise ValueError(
      f"config.data.flow: {flow!r}, but {source!r} holds optical flow of the method {stored!r}; set config.data.flow "
      "to it, or config.data.dataset to a dataset of pictures"
    )
  if flow and not stored:
    check_installed(flow)
  return stored is not None


def _drop_video(record: Mapping[str, Any]) -> dict[str, Any]:
  """The record without the bytes of its video."""
  return {name: value for name, value in record.items() if name != "video"}
