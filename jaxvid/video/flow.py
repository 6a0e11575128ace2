"""The optical flow of a video in the place of its pictures: the input of the second stream of two-stream networks.

A picture of flow is uint8 RGB, so that it is stored, resized and cropped as any other. Red is the motion to the right,
green the motion down, [-20, 20] as 0 to 255 (Carreira and Zisserman 2017, section 2.5; 127.5 is no motion), blue is
always 128. The unit is a pixel in 1/25 s where the short side has 256: what their I3D was trained on, without resizing
or resampling a video for it first. So flow has the same values at every size and frame rate.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from jaxvid.video.decode import Video
from jaxvid.video.errors import VideoError

# "tvl1": TV-L1 (Zach et al. 2007), as for I3D; "dis": dense inverse search (Kroeger et al. 2016), about forty times as
# fast, in its preset "medium". Both are OpenCV's.
METHODS = ("tvl1", "dis")
CHANNELS = 2  # Of a picture of flow, those that say something.

_BOUND = 20.0
_SHORT_SIDE = 256
_FPS = 25.0
_SHORTEST = 1e-3  # Seconds between two frames, where broken time stamps say less.


def check_method(method: str) -> None:
  """ValueError unless there is such a method."""
  if method not in METHODS:
    raise ValueError(f"flow: {method!r} is none of {', '.join(METHODS)}")


def check_installed(method: str) -> None:
  """ValueError unless there is such a method, and the package that it needs."""
  _Estimator(method)


class Flow:
  """Stands where a `Video` does: picture i is the motion from its frame i to frame i + 1. One for each thread.

  The last picture is the one before it once more; that of a video of a single frame shows no motion.

  Attributes:
    name, num_frames, timestamps, duration, fps, height, width: the video's.
  """

  def __init__(self, video: Video, method: str) -> None:
    """ValueError where the method is none, or OpenCV is not installed; method: one of METHODS."""
    self._video, self._estimate = video, _Estimator(method)
    self.name, self.num_frames, self.timestamps = video.name, video.num_frames, video.timestamps
    self.duration, self.fps = video.duration, video.fps
    self.height, self.width = video.height, video.width

  def frames(self, indices: Sequence[int] | np.ndarray, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """The flow at these frames, uint8 (N, H, W, 3), estimated at that size; arguments and errors as `Video.frames`."""
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
    """The flow at ascending indices one after the other, (H, W, 3) each; otherwise as `frames`."""
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
  """Flow (T, H, W, C), red first, as it would be if the video were mirrored left to right."""
  clip = clip[..., ::-1, :].copy()
  clip[..., 0] = 255 - clip[..., 0]
  return clip


def _picture(motion: np.ndarray) -> np.ndarray:
  """uint8 (H, W, 3) of (H, W, 2) in our units."""
  picture = np.full((*motion.shape[:2], 3), 128, np.uint8)
  picture[..., :CHANNELS] = np.rint((np.clip(motion, -_BOUND, _BOUND) + _BOUND) * (255 / (2 * _BOUND)))
  return picture


class _Estimator:
  """The motion from one picture to another. One for each thread: OpenCV's estimators have memory."""

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
    return self._cv2.cvtColor(np.ascontiguousarray(frame), self._cv2.COLOR_RGB2GRAY)

  def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(H, W, 2) in pixels, to the right and down, from two grey pictures; ValueError where that cannot be."""
    try:
      return self._estimator.calc(first, second, None)
    except self._cv2.error as error:  # It tells the place in its sources first.
      raise ValueError(str(error).rsplit("error:", 1)[-1].strip().split("\n")[0].rstrip(".")) from error
