"""Optical flow of a video as pictures: the input of the second stream of two-stream networks.

A picture of flow is uint8 RGB, so it is stored, resized and cropped as any other. Red is the motion to the right, green
the motion down, [-20, 20] as 0 to 255 (Carreira and Zisserman 2017, section 2.5; 127.5 is no motion), blue is always
128. The unit is that of their I3D, pixels in 1/25 s of pictures whose short side has 256. Motion is converted to it, so
flow has the same values at every size and frame rate of the video.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from jaxvid.video.decode import Video
from jaxvid.video.errors import VideoError

# "tvl1": TV-L1 (Zach et al. 2007), as for I3D; "dis": dense inverse search (Kroeger et al. 2016), preset "medium",
# about forty times as fast. Both are OpenCV's.
METHODS = ("tvl1", "dis")
CHANNELS = 2  # Channels of a picture of flow that hold motion, red and green.

_BOUND = 20.0
_SHORT_SIDE = 256
_FPS = 25.0
_SHORTEST = 1e-3  # Floor on the seconds between two frames, for broken time stamps.


def check_method(method: str) -> None:
  """Raises ValueError for an unknown method."""
  if method not in METHODS:
    raise ValueError(f"flow: {method!r} is none of {', '.join(METHODS)}")


def check_installed(method: str) -> None:
  """Raises ValueError for an unknown method, or if the package that it needs is not installed."""
  _Estimator(method)


class Flow:
  """The optical flow of a video, with the interface of `Video`: picture i is the motion from frame i to frame i + 1.

  The last picture repeats the one before it; that of a single frame shows no motion. Each thread needs a Flow of its
  own.

  Attributes:
    name, num_frames, timestamps, duration, fps, height, width: the video's.
  """

  def __init__(self, video: Video, method: str) -> None:
    """Raises ValueError for a method that is not one of METHODS, or if OpenCV is not installed."""
    self._video, self._estimate = video, _Estimator(method)
    self.name, self.num_frames, self.timestamps = video.name, video.num_frames, video.timestamps
    self.duration, self.fps = video.duration, video.fps
    self.height, self.width = video.height, video.width

  def frames(self, indices: Sequence[int] | np.ndarray, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """The flow at these frames, uint8 (N, H, W, 3), estimated at `size`; arguments and errors as in `Video.frames`."""
    indices = np.asarray(indices, np.int64).reshape(-1)
    if not len(indices):
      return self._video.frames(indices, size)
    if not (0 <= indices.min() and indices.max() < self.num_frames):
      raise IndexError(f"{self.name}: frames {indices.min()} to {indices.max()} of {self.num_frames}")
    wanted, places = np.unique(indices, return_inverse=True)
    return np.stack(list(self.iterate(wanted, size)))[places]

  def iterate(
    self, indices: Sequence[int] | np.ndarray, size: int | tuple[int, int] | None = None
  ) -> Iterator[np.ndarray]:
    """Yields the flow at ascending indices, (H, W, 3) each; otherwise as `frames`."""
    firsts = np.minimum(np.asarray(indices, np.int64), max(self.num_frames - 2, 0))
    seconds = np.minimum(firsts + 1, self.num_frames - 1)
    needed = np.unique([firsts, seconds])
    decoded = zip(needed.tolist(), self._video.iterate(needed, size))
    estimate = self._estimate
    held = {}
    for first, second in zip(firsts.tolist(), seconds.tolist(), strict=True):
      held = {index: frame for index, frame in held.items() if index >= first}
      while second not in held:
        index, frame = next(decoded)
        held[index] = estimate.grey(frame)
      try:
        motion = estimate(held[first], held[second]) if second > first else np.zeros((*held[first].shape, CHANNELS))
      except ValueError as error:
        problem = f"the flow at frame {first}, {' x '.join(map(str, held[first].shape))} pixels, cannot be estimated"
        raise VideoError(self.name, f"{problem} ({error})", "Take larger pictures.") from error
      seconds_between = max(self.timestamps[second] - self.timestamps[first], _SHORTEST)
      yield _picture(motion * _SHORT_SIDE / (min(motion.shape[:2]) * seconds_between * _FPS))


def mirror(clip: np.ndarray) -> np.ndarray:
  """Flow (T, H, W, C) of the video mirrored left to right: pictures mirrored, and motion to the right negated."""
  clip = clip[..., ::-1, :].copy()
  clip[..., 0] = 255 - clip[..., 0]
  return clip


def _picture(motion: np.ndarray) -> np.ndarray:
  """Picture of flow, uint8 (H, W, 3), of motion (H, W, 2) in the units above."""
  picture = np.full((*motion.shape[:2], 3), 128, np.uint8)
  picture[..., :CHANNELS] = np.rint((np.clip(motion, -_BOUND, _BOUND) + _BOUND) * (255 / (2 * _BOUND)))
  return picture


class _Estimator:
  """Estimates motion between two pictures. Each thread needs its own: OpenCV's estimators have a state."""

  def __init__(self, method: str) -> None:
    check_method(method)
    try:
      import cv2

      if method == "tvl1":
        self._estimator = cv2.optflow.DualTVL1OpticalFlow_create()
      else:
        self._estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    except (ImportError, AttributeError):
      needs = "OpenCV with its contributed modules, which are not installed; pip install 'jaxvid[flow]'"
      raise ValueError(f"flow: {method!r} needs {needs}") from None
    self._cv2 = cv2

  def grey(self, frame: np.ndarray) -> np.ndarray:
    """The grey picture (H, W) of a frame."""
    return self._cv2.cvtColor(np.ascontiguousarray(frame), self._cv2.COLOR_RGB2GRAY)

  def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Motion (H, W, 2) in pixels, to the right and down, between two grey pictures; ValueError if OpenCV fails."""
    try:
      return self._estimator.calc(first, second, None)
    except self._cv2.error as error:  # Without the place in OpenCV's sources.
      raise ValueError(str(error).rsplit("error:", 1)[-1].strip().split("\n")[0].rstrip(".")) from error
