"""The surroundings of the figure: a wall with a pattern, a floor, the apparatus, and things that move behind."""

import colorsys
import dataclasses
import math

import numpy as np

from jaxvid.data_prep.stickgym.camera import Camera
from jaxvid.data_prep.stickgym.settings import Settings
from jaxvid.data_prep.stickgym.stance import BAR_HEIGHT, BEAM_HEIGHT

Colour = tuple[int, ...]  # Red, green and blue, 0 to 255.
Place = tuple[float, float, float]  # In the world.

PLACES = {"floor": -2.0, "beam": 5.5, "bar": 11.0}  # x of the middle of each apparatus.
_PATTERNS = ("blobs", "stripes", "checks", "plain")
_TEXELS, _TEXELS_A_METRE = 256, 48  # The pattern repeats after this many.
_BACK, _FRONT = -2.0, 2.0  # z of the edges of the floor.


@dataclasses.dataclass(frozen=True)
class Thing:
  """Something that moves behind the figure, to and fro.

  Attributes:
    places: (T, 2) middle in the image, as a share of its width and height.
    size: (2,) half width and half height, in the same unit.
    round: an ellipse, or else a rectangle.
    colour: of 0 to 255.
  """

  places: np.ndarray
  size: np.ndarray
  round: bool
  colour: Colour


@dataclasses.dataclass(frozen=True)
class Scene:
  """Surroundings of one video.

  Attributes:
    wall: (_TEXELS, _TEXELS, 4) uint8, the last a byte without use.
    floor, mat, apparatus: colours.
    things: moving clutter.
    gain: (T, 1, 1, 1) brightness.
  """

  wall: np.ndarray
  floor: Colour
  mat: Colour
  apparatus: Colour
  things: tuple[Thing, ...]
  gain: np.ndarray


def draw_scene(rng: np.random.Generator, settings: Settings, num_frames: int, dark_figure: bool) -> Scene:
  """A Scene of `num_frames` frames, light where the figure is dark and dark where it is light."""
  base = 0.72 if dark_figure else 0.42
  hues = rng.uniform(size=4)

  def colour(hue: float, value: float, saturation: float = 0.3) -> Colour:
    return tuple(int(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, min(max(value, 0.0), 1.0)))

  spread = settings.texture
  floor, mat = (colour(hues[k], base + 0.12 * spread * rng.uniform(-1, 1)) for k in (1, 2))
  num_things = int(round(settings.clutter * rng.uniform(1, 4)))
  time = np.arange(num_frames) / settings.fps
  things = tuple(
    _thing(rng, time, colour(rng.uniform(), base + rng.uniform(-0.15, 0.15), 0.4)) for _ in range(num_things)
  )
  flicker = np.sin(2 * math.pi * rng.uniform(0.2, 1.0) * time + rng.uniform(0, 6))
  gain = np.exp(settings.noise * (rng.uniform(-0.12, 0.12) + 0.03 * flicker))
  return Scene(
    wall=_wall(rng, spread, np.array(colour(hues[0], base))),
    floor=floor,
    mat=mat,
    apparatus=colour(hues[3], 0.5 * base if dark_figure else base + 0.25),
    things=things,
    gain=gain[:, None, None, None],
  )


def _wall(rng: np.random.Generator, strength: float, colour: np.ndarray) -> np.ndarray:
  """A pattern that repeats, (_TEXELS, _TEXELS, 4) uint8: red, green, blue and an unused byte."""
  pattern = _PATTERNS[rng.integers(len(_PATTERNS))]
  angles = np.arange(_TEXELS) * (2 * math.pi / _TEXELS)
  rows, columns = angles[:, None], angles[None]
  across, down = rng.integers(-12, 13, size=(2, 8, 1)) * angles
  starts = rng.uniform(0, 2 * math.pi, size=(8, 1))
  grain = 0.25 * (np.cos(down).T @ np.cos(across + starts) - np.sin(down).T @ np.sin(across + starts))
  waves = rng.integers(3, 14)
  shapes = {
    "blobs": grain,
    "stripes": np.sign(np.sin(waves * columns)) + 0.3 * grain,
    "checks": np.sign(np.sin(waves * columns) * np.sin(waves * rows)) + 0.3 * grain,
    "plain": 0.3 * grain,
  }
  tint = rng.uniform(0.4, 1.0, size=3)
  texels = np.zeros((_TEXELS, _TEXELS, 4), np.uint8)
  texels[..., :3] = np.clip(colour + 16 * strength * shapes[pattern][..., None] * tint, 0, 255)
  return texels


def _thing(rng: np.random.Generator, time: np.ndarray, colour: Colour) -> Thing:
  start, reach, rate = rng.uniform(0, 1, size=2), rng.uniform(-0.3, 0.3, size=2), rng.uniform(0.1, 0.9, size=2)
  phase = rng.uniform(0, 2 * math.pi, size=2)
  return Thing(
    places=start + reach * np.sin(2 * math.pi * rate * time[:, None] + phase),
    size=rng.uniform(0.02, 0.1, size=2),
    round=bool(rng.random() < 0.5),
    colour=colour,
  )


def wall(scene: Scene, camera: Camera, frame: int, scale: int) -> np.ndarray:
  """The wall (H, W, 4) uint8 behind one frame, at `scale` times the camera's pixels."""
  step = _TEXELS_A_METRE / (scale * camera.scale[frame])
  rows = _TEXELS_A_METRE * -camera.target[frame, 1] + step * (
    np.arange(scale * camera.height) - scale * camera.height / 2
  )
  columns = step * (np.arange(scale * camera.width) - scale * camera.width / 2)
  columns = _TEXELS_A_METRE * camera.target[frame, 0] + (-columns if camera.mirrored else columns)
  rows, columns = (np.floor(values).astype(int) % _TEXELS for values in (rows, columns))
  # Four bytes at once: this is half of the work otherwise.
  texels = scene.wall.view(np.uint32)[..., 0].take(rows, axis=0).take(columns, axis=1)
  return texels.view(np.uint8).reshape(*texels.shape, 4)


def surfaces() -> list[tuple[str, list[Place]]]:
  """(name of the colour, corners (4, 3)) of the floor and the mats on it, in the order they are drawn.

  There is no mat for the salto, whose edge would show how far it has got.
  """
  quads = [("floor", _quad(-60.0, 60.0, _BACK, _FRONT))]
  quads += [("mat", _quad(place - 2.6, place + 2.6, -1.2, 1.2)) for place in (PLACES["beam"], PLACES["bar"])]
  return quads


def bars() -> list[tuple[Place, Place, float]]:
  """(place of one end, of the other, thickness in metres) of the apparatus that stand on the floor."""
  x, low = PLACES["beam"], BEAM_HEIGHT - 0.08
  found = [((x - 2.3, low, 0.0), (x + 2.3, low, 0.0), 0.16)]
  found += [((x + side, low, 0.0), (x + side, 0.0, 0.0), 0.1) for side in (-1.5, 1.5)]
  x = PLACES["bar"]
  found += [((x, BAR_HEIGHT, -1.1), (x, BAR_HEIGHT, 1.1), 0.08)]
  found += [((x, BAR_HEIGHT, side), (x, 0.0, side), 0.06) for side in (-1.1, 1.1)]
  return found


def _quad(left: float, right: float, back: float, front: float) -> list[Place]:
  return [(left, 0.0, back), (right, 0.0, back), (right, 0.0, front), (left, 0.0, front)]
