"""The camera: where it looks, how it pans, zooms and shakes, and the projection of points into its image."""

import dataclasses
import math

import numpy as np

from jaxvid.data_prep.stickgym.settings import Settings

# By apparatus: height in the middle of the image, and metres from the bottom of the image to its top at a zoom of 1.
_FOCUS = {"bar": 2.25, "beam": 1.85, "floor": 1.25}
_VIEW_HEIGHT = {"bar": 2.9, "beam": 2.6, "floor": 2.6}


@dataclasses.dataclass(frozen=True)
class Camera:
  """A camera far away: parallel lines stay parallel. Without perspective, half a turn looks like the other half.

  Attributes:
    target: (T, 2) place (x, y) that falls in the middle of the image.
    scale: (T,) pixels of the output a metre.
    azimuth, elevation: viewpoint, radians; at (0, 0) it looks along -z.
    mirrored: left and right exchanged.
    height, width: of the image.
  """

  target: np.ndarray
  scale: np.ndarray
  azimuth: float
  elevation: float
  mirrored: bool
  height: int
  width: int

  def project(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (T, N, 2), x to the right and y down, and depths (T, N), larger is nearer, of places (T, N, 3)."""
    x, y, z = np.moveaxis(places - np.append(self.target, np.zeros((len(self.target), 1)), axis=1)[:, None], -1, 0)
    sin, cos = math.sin(self.azimuth), math.cos(self.azimuth)
    right, away = cos * x - sin * z, sin * x + cos * z
    sin, cos = math.sin(self.elevation), math.cos(self.elevation)
    up, depth = cos * y - sin * away, sin * y + cos * away
    right = -right if self.mirrored else right
    scale = self.scale[:, None]
    return np.stack([self.width / 2 + scale * right, self.height / 2 - scale * up], axis=-1), depth


def draw_camera(rng: np.random.Generator, settings: Settings, x: np.ndarray, apparatus: list[str]) -> Camera:
  """A Camera that follows the figure.

  Args:
    rng: NumPy generator.
    settings: Settings.
    x: (T,) to be in the middle of the image.
    apparatus: (T,) names of where the figure is.
  """
  num_frames = len(x)
  sigma = 0.5 * settings.fps
  focus, view_height = (_smooth(np.array([of[name] for name in apparatus]), sigma) for of in (_FOCUS, _VIEW_HEIGHT))
  # Close at its heels: a camera that lagged would show in a single frame how far a salto has got.
  followed = np.stack([_smooth(x, 0.1 * settings.fps), focus], axis=-1)
  strength = settings.camera
  seconds = num_frames / settings.fps
  drift = np.stack([_wander(rng, num_frames, seconds) for _ in range(3)], axis=-1)
  shake = _smooth(rng.normal(size=(num_frames, 2)), 1.0)
  offset = rng.uniform(-1, 1, size=2)
  target = followed + strength * (offset * (0.2, 0.1) + drift[:, :2] * (0.12, 0.06) + 0.03 * shake)
  zoom = np.exp(strength * (rng.uniform(-0.1, 0.06) + 0.04 * drift[:, 2]))
  azimuth, elevation = rng.uniform(-1, 1), rng.uniform(0, 1)
  return Camera(
    target=target,
    scale=zoom * settings.height / view_height,
    azimuth=math.radians(18) * settings.view * azimuth,
    elevation=math.radians(8) * settings.view * elevation,
    mirrored=bool(rng.random() < 0.5 * min(settings.mirror, 1.0)),
    height=settings.height,
    width=settings.width,
  )


def _wander(rng: np.random.Generator, num_frames: int, seconds: float) -> np.ndarray:
  """(T,) slow changes of about unit size."""
  time = np.linspace(0.0, seconds, num_frames)
  rates, starts = rng.uniform(0.1, 0.5, size=3), rng.uniform(0, 2 * math.pi, size=3)
  return np.sin(2 * math.pi * rates * time[:, None] + starts).sum(axis=1) / math.sqrt(3)


def _smooth(signal: np.ndarray, sigma: float) -> np.ndarray:
  """A signal (T, ...) through a Gaussian of `sigma` frames, alike in both directions of time, its ends held."""
  reach = int(3 * sigma) + 1
  kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
  padded = np.pad(signal, [(reach, reach)] + [(0, 0)] * (signal.ndim - 1), mode="edge")
  windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
  return windows @ (kernel / kernel.sum())
