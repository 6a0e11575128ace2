"""Pixels of the frames, from the figure, the scene and the camera."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from jaxvid.data_prep.stickgym import scene as scenes
from jaxvid.data_prep.stickgym.body import JOINT, LIMBS, Body, Track, joints
from jaxvid.data_prep.stickgym.camera import Camera
from jaxvid.data_prep.stickgym.scene import Colour, Place, Scene, Thing

_FINER = 2  # Drawn at this many times the resolution, then averaged: smooth edges.


def frames(
  rng: np.random.Generator, body: Body, track: Track, scene: Scene, camera: Camera, noise: float
) -> Iterator[np.ndarray]:
  """The frames of a video one by one, (H, W, 3) uint8.

  Args:
    rng: NumPy generator, for the sensor's noise.
    body, track: the figure.
    scene: Scene.
    camera: Camera, of as many frames as the track.
    noise: strength of the sensor's noise.
  """
  places, depths = camera.project(joints(body, track))
  quads = scenes.surfaces()
  corners = _project_still(camera, [corner for _, quad in quads for corner in quad]).reshape(
    len(track), len(quads), 4, 2
  )
  bars = scenes.bars()
  ends = _project_still(camera, [end for *pair, _ in bars for end in pair]).reshape(len(track), len(bars), 2, 2)
  for frame in range(len(track)):
    scale = _FINER * camera.scale[frame]
    image = Image.frombuffer(
      "RGBX", (_FINER * camera.width, _FINER * camera.height), scenes.wall(scene, camera, frame, _FINER)
    ).convert("RGB")
    pencil = ImageDraw.Draw(image)
    for thing in scene.things:
      _draw_thing(pencil, thing, frame, image.size)
    for (colour, _), quad in zip(quads, _FINER * corners[frame], strict=True):
      pencil.polygon(_flat(quad), fill=getattr(scene, colour))
    for (*_, thickness), pair in zip(bars, _FINER * ends[frame], strict=True):
      _draw_stick(pencil, pair, scale * thickness, scene.apparatus)
    _draw_figure(pencil, body, _FINER * places[frame], depths[frame], scale)
    pixels = np.asarray(image.reduce(_FINER), np.float32) * scene.gain[frame]
    if noise:
      pixels = pixels + noise * rng.integers(-7, 8, size=pixels.shape, dtype=np.int8)
    yield np.clip(pixels + 0.5, 0, 255).astype(np.uint8)


def _project_still(camera: Camera, places: Sequence[Place]) -> np.ndarray:
  """Pixels (T, N, 2) of places that do not move."""
  still = np.array(places)
  return camera.project(np.broadcast_to(still, (len(camera.scale), *still.shape)))[0]


def _draw_figure(pencil: ImageDraw.ImageDraw, body: Body, places: np.ndarray, depths: np.ndarray, scale: float) -> None:
  """Draws the limbs and the head, from the farthest to the nearest."""

  def depth(limb: tuple) -> float:
    return depths[JOINT[limb[0]]] + depths[JOINT[limb[1]]]

  for start, end, colour, thickness in sorted((*LIMBS, ("head", "head", "skin", None)), key=depth):
    if thickness is None:
      _draw_disc(pencil, places[JOINT[start]], scale * body.head, body.skin)
    else:
      pair = places[[JOINT[start], JOINT[end]]]
      _draw_stick(pencil, pair, scale * body.thickness * thickness, getattr(body, colour))


def _draw_stick(pencil: ImageDraw.ImageDraw, pair: np.ndarray, thickness: float, colour: Colour) -> None:
  pencil.line(_flat(pair), fill=colour, width=max(1, round(thickness)))
  for end in pair:
    _draw_disc(pencil, end, thickness / 2, colour)


def _draw_disc(pencil: ImageDraw.ImageDraw, middle: np.ndarray, radius: float, colour: Colour) -> None:
  (x, y), radius = middle, max(radius, 0.5)
  pencil.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


def _draw_thing(pencil: ImageDraw.ImageDraw, thing: Thing, frame: int, size: tuple[int, int]) -> None:
  low, high = (_flat((thing.places[frame] + sign * thing.size) * size) for sign in (-1, 1))
  (pencil.ellipse if thing.round else pencil.rectangle)([*low, *high], fill=thing.colour)


def _flat(values: np.ndarray) -> list[float]:
  return [float(value) for value in np.ravel(values)]
