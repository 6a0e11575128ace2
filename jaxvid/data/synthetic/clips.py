"""Made-up clips, from which recognition is learned in a few hundred training steps; for tests and smoke configurations.

A bright square on a dark, noisy background moves in one of eight directions: no single frame tells which.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jaxvid.data.synthetic import dataset
from jaxvid.records import Clip
from jaxvid.video.decode import Video
from jaxvid.video.encode import encode

VERSION = "1.0.0"
FPS = 12.5

_DIRECTIONS = {
  "right": (0, 1),
  "left": (0, -1),
  "down": (1, 0),
  "up": (-1, 0),
  "right_down": (1, 1),
  "left_up": (-1, -1),
  "right_up": (-1, 1),
  "left_down": (1, -1),
}
_SQUARE = 0.25  # Of the height.
_SPEED = (1.0, 3.0)  # Pixels a frame.


def class_names(num_classes: int) -> list[str]:
  """Names of the directions: "right", "left", ...; raises ValueError where there are not as many."""
  if not 1 <= num_classes <= len(_DIRECTIONS):
    raise ValueError(f"num_classes: {num_classes}; give 1 to {len(_DIRECTIONS)}, as many as there are directions")
  return list(_DIRECTIONS)[:num_classes]


def frames(rng: np.random.Generator, label: int, num_frames: int, height: int, width: int) -> np.ndarray:
  """Frames (T, H, W, 3) uint8 of one clip; a square that leaves the picture comes in again on the other side."""
  side = round(_SQUARE * height)
  position = rng.uniform(0, (height, width))
  step = rng.uniform(*_SPEED) * np.array(list(_DIRECTIONS.values())[label])
  color, background = rng.uniform(150, 255, size=3), rng.uniform(0, 80, size=3)
  rows, columns = np.arange(height), np.arange(width)
  found = []
  for index in range(num_frames):
    top, left = np.round(position + index * step)
    inside = ((rows - top) % height < side)[:, None] & ((columns - left) % width < side)
    picture = np.where(inside[..., None], color, background) + rng.normal(scale=6, size=(height, width, 1))
    found.append(np.clip(picture, 0, 255).astype(np.uint8))
  return np.stack(found)


def clips(
  seed: int,
  num_clips: int,
  num_classes: int,
  num_frames: int = 16,
  height: int = 32,
  width: int = 40,
  first: int = 0,
) -> Iterator[Clip]:
  """Clips `first` to `first + num_clips`, each determined by the seed and its index; classes take turns.

  Args:
    seed: of all randomness.
    num_clips: how many clips to make.
    num_classes: number of directions, up to eight.
    num_frames, height, width: size of a clip.
    first: index of the first clip.

  Yields:
    Clips, each with an H.264 file.
  """
  class_names(num_classes)  # Raises an error where there are too few directions.
  for index in range(first, first + num_clips):
    rng = np.random.default_rng([seed, index])
    label = index % num_classes
    video = encode(frames(rng, label, num_frames, height, width), np.arange(num_frames) / FPS)
    name = f"made_up_{index:05d}"
    duration = Video(video, name=name).duration
    yield Clip(name, video, label, 0.0, duration, name, FPS, num_frames, duration)


def write(
  directory: str | os.PathLike,
  name: str = "made_up_clips",
  seed: int = 0,
  num_train: int = 32,
  num_test: int = 16,
  num_classes: int = 4,
  num_frames: int = 16,
  height: int = 32,
  width: int = 40,
) -> Path:
  """Writes a made-up dataset with the splits "train" and "test"; an existing one with these settings is kept.

  Returns:
    Folder of the dataset.
  """
  settings = dict(seed=seed, num_train=num_train, num_test=num_test)
  settings |= dict(num_classes=num_classes, num_frames=num_frames, height=height, width=width)
  return dataset.write_once(
    directory,
    name,
    VERSION,
    settings,
    clips,
    contract=None,
    class_names=class_names(num_classes),
    kind="clips",
    description="Made-up clips; nothing in them is real.",
  )
