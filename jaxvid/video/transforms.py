"""Resizing, cropping and flipping of clips, uint8 (T, H, W, 3), with the same parameters for all frames of a clip."""

import av
import numpy as np

from jaxvid.video import picture


def resize(clip: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
  """Resizes the short side to `size`, or the clip to (H, W), with the filter that decoding uses."""
  shape = picture.resized_shape(*clip.shape[1:3], size)
  if shape == clip.shape[1:3]:
    return clip
  convert = picture.Converter(*shape)
  frames = (av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24") for frame in clip)
  return np.stack([convert(frame) for frame in frames])


def random_crop(clip: np.ndarray, size: int | tuple[int, int], rng: np.random.Generator) -> np.ndarray:
  """Crops a square of `size`, or (H, W), at a random place."""
  height, width = _pair(size)
  _check(clip, height, width)
  top = int(rng.integers(clip.shape[1] - height + 1))
  left = int(rng.integers(clip.shape[2] - width + 1))
  return clip[:, top : top + height, left : left + width]


def center_crop(clip: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
  """Crops a square of `size`, or (H, W), in the centre, rounded towards the top left."""
  height, width = _pair(size)
  _check(clip, height, width)
  top, left = (clip.shape[1] - height) // 2, (clip.shape[2] - width) // 2
  return clip[:, top : top + height, left : left + width]


def crops(clip: np.ndarray, size: int | tuple[int, int], num_crops: int) -> np.ndarray:
  """Crops num_crops times, evenly along the longer side: (num_crops, T, H, W, 3); a single crop is the centre crop."""
  if num_crops == 1:
    return center_crop(clip, size)[None]
  height, width = _pair(size)
  _check(clip, height, width)
  free = np.array([clip.shape[1] - height, clip.shape[2] - width])
  corners = np.repeat(free[None] // 2, num_crops, axis=0)
  axis = int(free[1] >= free[0])
  corners[:, axis] = np.rint(np.linspace(0, free[axis], num_crops))
  return np.stack([clip[:, top : top + height, left : left + width] for top, left in corners])


def random_resized_crop(
  clip: np.ndarray,
  size: int | tuple[int, int],
  rng: np.random.Generator,
  scale: tuple[float, float] = (0.5, 1.0),
  ratio: tuple[float, float] = (3 / 4, 4 / 3),
) -> np.ndarray:
  """Inception's crop: of a random area and aspect ratio, at a random place, resized to `size`.

  Args:
    clip: (T, H, W, 3).
    size: of the result, a square's or (H, W).
    rng: of all draws.
    scale: least and largest share of the area.
    ratio: least and largest width / height; its logarithm is drawn uniformly.
  """
  height, width = _pair(size)
  for _ in range(10):
    area = clip.shape[1] * clip.shape[2] * rng.uniform(*scale)
    shape = np.exp(rng.uniform(*np.log(ratio)))
    high, wide = round(np.sqrt(area / shape)), round(np.sqrt(area * shape))
    if 0 < high <= clip.shape[1] and 0 < wide <= clip.shape[2]:
      return resize(random_crop(clip, (high, wide), rng), (height, width))
  # No draw fitted, since the clip is far from these ratios: take the largest centre crop of the nearest ratio.
  shape = np.clip(clip.shape[2] / clip.shape[1], *ratio)
  high = min(clip.shape[1], int(clip.shape[2] / shape))
  wide = min(clip.shape[2], int(clip.shape[1] * shape))
  return resize(center_crop(clip, (max(high, 1), max(wide, 1))), (height, width))


def flip(clip: np.ndarray) -> np.ndarray:
  """Mirrors the clip left to right."""
  return clip[..., ::-1, :]


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
  return (size, size) if isinstance(size, int | np.integer) else (int(size[0]), int(size[1]))


def _check(clip: np.ndarray, height: int, width: int) -> None:
  if not (0 < height <= clip.shape[1] and 0 < width <= clip.shape[2]):
    raise ValueError(f"a crop of {height} x {width} does not fit into frames of {clip.shape[1]} x {clip.shape[2]}")
