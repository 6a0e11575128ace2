"""Views of a clip, the frames and pixels that a network sees: a random one in training, fixed ones in a test."""

import dataclasses

import numpy as np

from jaxvid.video import flow, sampling, transforms
from jaxvid.video.decode import Video
from jaxvid.video.flow import Flow
from jaxvid.video.picture import resized_shape

SAMPLINGS = ("uniform", "dense")


@dataclasses.dataclass(frozen=True)
class Views:
  """Settings of how clips are sampled, resized, cropped and flipped, and the functions that do it.

  Attributes:
    clip_len: frames of a view.
    sampling: "uniform": frames spread over the whole clip (TAG-Head's UniView), in training as in a test; "dense":
      frames in a row, from a random start in training.
    stride: of dense sampling: distance of two frames of a view, in frames of the video or, if set, of target_fps.
    target_fps: sample as if the video had this many frames a second; None: the video's own rate.
    short: what fills a dense view that is longer than the clip, see jaxvid.video.sampling.dense.
    jitter: in training, uniform sampling takes a random frame of each stretch instead of the middle one.
    short_side: length that the short side is resized to, in pixels; of a pair, training draws one between both, both
      included, and a test takes the lower one.
    crop: side of a square, or (H, W), of the crop; random in training, in the centre in a test.
    scale: least and largest share of the area that a random-resized crop takes in training; None: not resized.
    flip: mirror half of the clips, chosen at random, in training.
    num_clips: views along time in a test.
    num_crops: views along the longer side in a test, for each view along time.
    flow: None: the network sees pictures, and C below is 3; otherwise optical flow of this method (see
      jaxvid.video.flow.METHODS), and C is 2.
  """

  clip_len: int
  sampling: str
  stride: float
  target_fps: float | None
  short: str
  jitter: bool
  short_side: int | tuple[int, int]
  crop: int | tuple[int, int]
  scale: tuple[float, float] | None
  flip: bool
  num_clips: int
  num_crops: int
  flow: str | None = None

  def __post_init__(self) -> None:
    if self.sampling not in SAMPLINGS:
      raise ValueError(f"sampling: {self.sampling!r} is none of {', '.join(SAMPLINGS)}")
    if self.short not in sampling.SHORT:
      raise ValueError(f"short: {self.short!r} is none of {', '.join(sampling.SHORT)}")
    if min(self.clip_len, self.num_clips, self.num_crops) < 1 or not self.stride > 0:
      raise ValueError(
        f"clip_len {self.clip_len}, num_clips {self.num_clips}, num_crops {self.num_crops}, stride {self.stride}: must "
        "all be more than 0"
      )
    if self.target_fps is not None and not self.target_fps > 0:
      raise ValueError(f"target_fps: {self.target_fps}; give more than 0, or None for the video's own")
    low, high = self.short_sides
    if not 0 < min(self.crop_shape) <= low <= high:
      raise ValueError(
        f"short_side {self.short_side}, crop {self.crop}: the crop must fit into the short side, and of two "
        "short sides the smaller comes first"
      )
    if self.scale is not None and not 0 < self.scale[0] <= self.scale[1] <= 1:
      raise ValueError(f"scale: {self.scale}; give two shares of the area in (0, 1], the smaller one first")
    if self.flow is not None:
      flow.check_method(self.flow)

  @property
  def crop_shape(self) -> tuple[int, int]:
    """(H, W) of a crop."""
    return (self.crop, self.crop) if isinstance(self.crop, int) else (int(self.crop[0]), int(self.crop[1]))

  @property
  def short_sides(self) -> tuple[int, int]:
    """Least and largest short side that frames are resized to."""
    return (self.short_side,) * 2 if isinstance(self.short_side, int) else tuple(self.short_side)

  @property
  def channels(self) -> int:
    """C: 3 for pictures, 2 for optical flow."""
    return 3 if self.flow is None else flow.CHANNELS

  def of(self, video: Video) -> Video | Flow:
    """The video itself or, if `flow` is set, its optical flow."""
    return video if self.flow is None else Flow(video, self.flow)

  def train_frames(self, timestamps: np.ndarray, start: float, end: float, rng: np.random.Generator) -> np.ndarray:
    """Indices (clip_len,) of the frames of a random view of the part from `start` to `end` seconds."""
    frames = self._frames(timestamps, start, end)
    if self.sampling == "uniform":
      return frames[sampling.uniform(len(frames), self.clip_len, rng if self.jitter else None)]
    return frames[sampling.dense(len(frames), self.clip_len, self.stride, rng, self.short)]

  def test_frames(self, timestamps: np.ndarray, start: float, end: float) -> np.ndarray:
    """Indices (num_clips, clip_len) of the frames of the views of the part from `start` to `end` seconds."""
    frames = self._frames(timestamps, start, end)
    stride = None if self.sampling == "uniform" else self.stride
    return frames[sampling.multi_clip(len(frames), self.clip_len, self.num_clips, stride, self.short)]

  def train_size(self, height: int, width: int, rng: np.random.Generator) -> tuple[int, int]:
    """(H, W) that a video's frames are resized to in training; large enough for the crop."""
    low, high = self.short_sides
    return self._size(height, width, int(rng.integers(low, high + 1)))

  def test_size(self, height: int, width: int) -> tuple[int, int]:
    """(H, W) that a video's frames are resized to in a test."""
    return self._size(height, width, self.short_sides[0])

  def train_pixels(self, clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Randomly cropped and flipped frames (T, H, W, C) from the resized frames (T, ..., 3)."""
    if self.scale is None:
      clip = transforms.random_crop(clip, self.crop_shape, rng)
    else:
      clip = transforms.random_resized_crop(clip, self.crop_shape, rng, self.scale)
    clip = clip[..., : self.channels]
    if not (self.flip and rng.random() < 0.5):
      return clip
    return transforms.flip(clip) if self.flow is None else flow.mirror(clip)

  def test_pixels(self, clip: np.ndarray) -> np.ndarray:
    """Crops (num_crops, T, H, W, C) from the resized frames (T, ..., 3)."""
    return transforms.crops(clip, self.crop_shape, self.num_crops)[..., : self.channels]

  def center_pixels(self, frame: np.ndarray) -> np.ndarray:
    """Centre crop (H, W, C) of a resized frame (..., 3)."""
    return transforms.center_crop(frame[None], self.crop_shape)[0, ..., : self.channels]

  def _frames(self, timestamps: np.ndarray, start: float, end: float) -> np.ndarray:
    """Indices of the frames from `start` to `end` seconds, at target_fps if it is set."""
    first, stop = sampling.part(timestamps, start, end)
    if self.target_fps is None:
      return np.arange(first, stop)
    return first + sampling.every(timestamps[first:stop], self.target_fps)

  def _size(self, height: int, width: int, short_side: int) -> tuple[int, int]:
    """(H, W) with this short side, larger where the crop needs it."""
    size = resized_shape(height, width, short_side)
    # A crop that is not square may be wider than a narrow video: the video then grows until it fits.
    missing = max(crop / side for crop, side in zip(self.crop_shape, size, strict=True))
    return size if missing <= 1 else tuple(int(np.ceil(side * missing - 1e-9)) for side in size)
