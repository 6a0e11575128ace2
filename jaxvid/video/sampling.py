"""Sampling of the frames of a clip: functions from lengths and times to frame indices.

With a generator the choice is random, for training; without one it is deterministic. To sample from a part of a video,
add the indices to the first frame that `part` gives.
"""

import numpy as np

SHORT = ("repeat_last", "loop", "stretch")


def uniform(num_frames: int, clip_len: int, rng: np.random.Generator | None = None, view: float = 0.5) -> np.ndarray:
  """Samples one frame from each of clip_len equal stretches of the video (TAG-Head's "UniView", TSN's segments).

  Args:
    num_frames: of the video, at least 1.
    clip_len: frames to sample; if there are fewer, some are repeated.
    rng: draws the place in each stretch ("jitter"); without it, `view` is the place.
    view: place within each stretch, 0 to 1.

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
  """Samples clip_len consecutive frames, or every stride-th.

  Args:
    num_frames: of the video, at least 1.
    clip_len: frames to sample.
    stride: from one to the next, in frames; may be a fraction, such as fps / target_fps.
    rng: draws where the clip starts; without it, `place` is taken.
    short: for clips longer than the video: "repeat_last" repeats its last frame, "loop" starts again at its first,
      "stretch" takes a smaller stride, so that the clip spans the video.
    place: of the clip: 0 at the beginning, 1 at the end of the video.

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
  """Samples num_clips clips spread evenly over the video, for evaluation.

  Args:
    num_frames: of the video.
    clip_len: frames of a clip.
    num_clips: how many; a single one is in the centre, else the first is at the beginning and the last at the end.
    stride: as in `dense`; None samples uniformly, each clip at other places of the stretches.
    short: as in `dense`.

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
  """Frames of a part of a video, (first, stop): those shown from `start` seconds until before `end`, at least one.

  The frame on the screen at `start` is the first, unless the next one follows within a millisecond, since times are
  rounded.

  Args:
    timestamps: (N,) seconds, ascending.
    start, end: seconds.
  """
  if not start < end:
    raise ValueError(f"part: {start:g} to {end:g} s is reversed or empty")
  first = max(int(np.searchsorted(timestamps, start + 1e-3, side="right")) - 1, 0)
  stop = int(np.searchsorted(timestamps, end - 1e-3, side="left"))
  return first, max(stop, first + 1)


def at_times(timestamps: np.ndarray, times: np.ndarray) -> np.ndarray:
  """Index of the frame on the screen at each time: the last one shown by then, or the first.

  Args:
    timestamps: (N,) seconds, ascending.
    times: any shape, seconds.

  Returns:
    int64 of the same shape.
  """
  return np.maximum(np.searchsorted(timestamps, np.asarray(times) + 1e-6, side="right") - 1, 0)


def every(timestamps: np.ndarray, fps: float) -> np.ndarray:
  """Frames that a copy of the video at `fps` frames a second would show; the video's own rate may vary.

  Sampling indices into these, by `uniform` or `dense`, samples in seconds.

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
