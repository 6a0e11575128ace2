"""The frames of a stickgym video, of one action or of a routine."""

import functools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from jaxvid.data_prep.stickgym import draw, performance
from jaxvid.data_prep.stickgym.body import draw_body
from jaxvid.data_prep.stickgym.camera import draw_camera
from jaxvid.data_prep.stickgym.performance import Performance
from jaxvid.data_prep.stickgym.scene import draw_scene
from jaxvid.data_prep.stickgym.settings import Settings

Seed = int | tuple[int, ...]  # From 0 on.


def draw_clip(seed: Seed, label: int, settings: Settings = Settings()) -> np.ndarray:
  """A video of one action, (T, H, W, 3) uint8.

  Args:
    seed: of everything but the action: clips of one seed differ in their actions only.
    label: index into `motion.NAMES`.
    settings: sizes and nuisances.
  """
  return np.stack(list(film_clip(seed, label, settings)[1]))


def film_clip(seed: Seed, label: int, settings: Settings) -> tuple[Performance, Iterator[np.ndarray]]:
  """The same as what is performed, and its frames one by one, (H, W, 3) uint8."""
  return _film(seed, functools.partial(performance.of_clip, label=label), settings)


def film_routine(
  seed: Seed, labels: Sequence[int], settings: Settings = Settings()
) -> tuple[Performance, Iterator[np.ndarray]]:
  """An untrimmed video of several actions: what is performed, and its frames one by one, (H, W, 3) uint8."""
  return _film(seed, functools.partial(performance.of_routine, labels=labels), settings)


def _film(
  seed: Seed, perform: Callable[..., Performance], settings: Settings
) -> tuple[Performance, Iterator[np.ndarray]]:
  """What is performed, and its frames; `perform` takes a generator, a body and the settings."""
  looks, moves, around, films, sensor = (np.random.default_rng([*np.atleast_1d(seed), part]) for part in range(5))
  dark = bool(looks.random() < 0.5) and settings.body > 0
  body = draw_body(looks, settings.body, dark)
  performed = perform(moves, body=body, settings=settings)
  scene = draw_scene(around, settings, len(performed.track), dark)
  camera = draw_camera(films, settings, performed.x, performed.apparatus)
  return performed, draw.frames(sensor, body, performed.track, scene, camera, settings.noise)
