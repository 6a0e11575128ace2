"""Which frames of a video make a clip: functions from lengths and times to frame indices.

A generator makes a choice random, for training; without one it is the same every time. Frames may be counted from the
first of a part of a video: `part` gives its bounds, to which the indices are added.
"""

import numpy as np

SHORT = ("repeat_last", "loop", "stretch")


def uniform(num_frames: int, clip_len: int, rng: np.random.Generator | None = None, view: float = 0.5) -> np.ndarray:
  """Frames uniformly over the whole (TAG-Head's "UniView", TSN's segments): one of each of clip_len equal stretches.

  Args:
    num_frames: of the video, at least 1.
    clip_len: frames to choose; more than there are repeats some.
    rng: draws the place in each stretch ("jitter"); without it, `view` is the place.
    view: 0 to 1 within each stretch; the middle by default.

  Returns:
    (clip_len,) int64, ascending.
  """
  _check(num_frames, clip_len)
  places = view if rng is None else rng.uniform(size=clip_len)
  frames = np.floor((np.arange(clip_len) + places) * num_frames / clip_len).astype(np.int64)
  return np.minimum(frames, num_frames - 1)  # A place of just below 1 may be rounded up.


def dense(
  num_frames: int,
  clip_len: int,
  stride: float = 1,
  rng: np.random.Generator | None = None,
  short: str = "repeat_last",
  place: float = 0.5,
) -> np.ndarray:
  """clip_len frames in a row, or every stride-th.

  Args:
    num_frames: of the video, at least 1.
    clip_len: frames to choose.
    stride: from one to the next, in frames; may be a fraction, such as fps / target_fps.
    rng: draws where the clip starts; without it, `place` says.
    short: what fills a clip that is longer than the video: its last frame ("repeat_last"), the video from its first
      frame on ("loop"), or a smaller stride, so that the clip spans the video ("stretch").
    place: 0 at the beginning, 1 at the end of the video; the centre by default.

  Returns:
    (clip_len,) int64.
  """
  _check(num_frames, clip_len)
  if not stride > 0:
    raise ValueError(f"stride: {stride}; give more than 0 frames")
  if short not in SHORT:
    raise ValueError(f"short: {short!r} is none of {', '.join(SHORT)}")
  span = (clip_len - 1) * stride + 1
  if span > num_frames and short == "stretch":
    return np.rint(np.linspace(0, num_frames - 1, clip_len)).astype(np.int64)
  free = max(num_frames - span, 0)
  start = np.floor(free * place) if rng is None else np.floor(rng.uniform() * (np.floor(free) + 1))
  frames = np.floor(start + np.arange(clip_len) * stride + 1e-6).astype(np.int64)
  return frames % num_frames if short == "loop" else np.minimum(frames, num_frames - 1)


def multi_clip(
  num_frames: int, clip_len: int, num_clips: int, stride: float | None = None, short: str = "repeat_last"
) -> np.ndarray:
  """num_clips clips spread evenly, for tests.

  Args:
    stride: as in `dense`, the first clip at the beginning and the last at the end, a single one in the centre; None
      samples uniformly, each clip at another place of the stretches.

  Returns:
    (num_clips, clip_len) int64.
  """
  if num_clips < 1:
    raise ValueError(f"num_clips: {num_clips}; give 1 or more")
  if stride is None:
    return np.stack([uniform(num_frames, clip_len, view=(k + 0.5) / num_clips) for k in range(num_clips)])
  places = [0.5] if num_clips == 1 else np.linspace(0, 1, num_clips)
  return np.stack([dense(num_frames, clip_len, stride, short=short, place=place) for place in places])


def part(timestamps: np.ndarray, start: float = 0.0, end: float = np.inf) -> tuple[int, int]:
  """(first, stop): the frames shown from `start` seconds until before `end`, at least one.

  The frame that is on the screen at `start` counts unless the next one follows within a millisecond: times are rounded.
  """
  if not start < end:
    raise ValueError(f"part: {start:g} to {end:g} s is reversed or empty")
  first = max(int(np.searchsorted(timestamps, start + 1e-3, side="right")) - 1, 0)
  stop = int(np.searchsorted(timestamps, end - 1e-3, side="left"))
  return first, max(stop, first + 1)


def at_times(timestamps: np.ndarray, times: np.ndarray) -> np.ndarray:
  """The index of the frame on the screen at each time: the last that is shown by then, or else the first.

  Args:
    timestamps: (N,) seconds, ascending.
    times: any shape, seconds.

  Returns:
    int64 of the same shape.
  """
  return np.maximum(np.searchsorted(timestamps, np.asarray(times) + 1e-6, side="right") - 1, 0)


def every(timestamps: np.ndarray, fps: float) -> np.ndarray:
  """The frames that a copy at `fps` frames a second would show, whatever the video's own, even changing, frame rate.

  Indices into them, as `uniform` and `dense` give, sample in seconds.

  Returns:
    (N,) int64, ascending; frames are repeated or left out.
  """
  if not fps > 0:
    raise ValueError(f"fps: {fps}; give more than 0 frames a second")
  count = max(int(np.floor((timestamps[-1] - timestamps[0]) * fps + 1e-6)) + 1, 1)
  return at_times(timestamps, timestamps[0] + np.arange(count) / fps)


def _check(num_frames: int, clip_len: int) -> None:
  if num_frames < 1 or clip_len < 1:
    raise ValueError(f"a clip of {clip_len} frames from {num_frames}; give at least one of each")
