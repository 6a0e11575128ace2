"""Made-up recordings, from which localization is learned in a few hundred training steps; for tests and smoke configs.

They look like THUMOS14's features: 30 frames a second, a step every 4 frames, 16 frames a step. Each class has two
directions of its own in feature space, a typical duration and a typical envelope (how strongly it shows as it goes on).
A recording is noise with a few actions added to it; a step at a boundary shows an action by the share that it holds.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid import time_grid
from jaxvid.data.synthetic import dataset
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Record

VERSION = "1.0.0"
FPS, FEAT_STRIDE, NUM_FRAMES = 30.0, 4.0, 16.0

# fmt: off
_VERBS = (
  "jump", "throw", "spin", "kick", "roll", "lift", "push", "pull", "catch", "swing", "climb",
  "crawl", "clap", "wave", "bow", "squat", "stretch", "dive", "toss", "hop", "slide", "turn",
)
# fmt: on

_SHORTEST, _LONGEST = 6, 60  # Typical durations, in steps, of the first and the last class.
_MIN_GAP = 4  # Steps between two segments.
_SIGNAL, _NOISE = 4.0, 0.5

# How strongly an action shows at progress u in [0, 1]; never below half, so that its boundaries can be seen.
_ENVELOPES = (
  lambda u: np.ones_like(u),
  lambda u: 0.5 + 0.5 * u,
  lambda u: 1.0 - 0.5 * u,
  lambda u: 0.5 + 0.5 * np.sin(np.pi * u),
)


def class_names(num_classes: int) -> list[str]:
  """Names of classes: "jump", "throw", ...; after the last verb "jump_2" and so on."""
  rounds = [divmod(k, len(_VERBS)) for k in range(num_classes)]
  return [_VERBS[verb] + (f"_{round_ + 1}" if round_ else "") for round_, verb in rounds]


def records(
  seed: int,
  num_records: int,
  dim: int,
  num_classes: int,
  min_steps: int = 100,
  max_steps: int = 400,
  first: int = 0,
) -> Iterator[Record]:
  """Recordings `first` to `first + num_records`, each determined by the seed, its index and the sizes.

  Args:
    seed: recordings of the same seed show the same classes.
    num_records: how many.
    dim: length of a feature vector.
    num_classes: number of classes to draw from.
    min_steps, max_steps: least and largest length, both included.
    first: index of the first recording.

  Yields:
    Record with float32 features and 1 to 12 segments (2 or more where there is room) that do not overlap.
  """
  # The classes: two directions of length 1 each.
  directions = np.random.default_rng([seed]).normal(size=(num_classes, 2, dim))
  directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
  for index in range(first, first + num_records):
    # A recording: its actions, then its features.
    rng = np.random.default_rng([seed, index])
    num_steps = int(rng.integers(min_steps, max_steps + 1))
    labels, lengths = _draw_actions(rng, num_steps, num_classes)
    starts = _draw_starts(rng, num_steps, lengths)
    grid = np.stack([starts, starts + lengths], axis=-1)  # (N, 2), in steps.

    features = _NOISE * rng.normal(size=(num_steps, dim))
    for label, (start, end) in zip(labels, grid, strict=True):
      features += _signal(num_steps, start, end, directions[label], _ENVELOPES[label % len(_ENVELOPES)])
    yield Record(
      id=f"made_up_{index:05d}",
      features=features.astype(np.float32),
      segments=time_grid.grid_to_seconds(grid, FPS, FEAT_STRIDE, NUM_FRAMES),
      labels=labels,
      fps=FPS,
      feat_stride=FEAT_STRIDE,
      num_frames=NUM_FRAMES,
      # Two frames more than the last step sees: as with real videos, a rest too short for another step.
      duration=((num_steps - 1) * FEAT_STRIDE + NUM_FRAMES + 2) / FPS,
    )


def write(
  directory: str | os.PathLike,
  name: str = "made_up",
  seed: int = 0,
  num_train: int = 24,
  num_test: int = 8,
  dim: int = 32,
  num_classes: int = 5,
  min_steps: int = 100,
  max_steps: int = 400,
) -> Path:
  """Writes a made-up dataset with the splits "train" and "test"; an existing one with these settings is kept.

  Returns:
    Folder of the dataset.
  """
  settings = dict(seed=seed, num_train=num_train, num_test=num_test, dim=dim, num_classes=num_classes)
  settings |= dict(min_steps=min_steps, max_steps=max_steps)
  return dataset.write_once(
    directory,
    name,
    VERSION,
    settings,
    records,
    contract=FeatureContract("made_up", "", FPS, FEAT_STRIDE, NUM_FRAMES, dim, "none"),
    class_names=class_names(num_classes),
    description="Made-up recordings; nothing in them is real.",
  )


def _draw_actions(rng: np.random.Generator, num_steps: int, num_classes: int) -> Any:
  """Draws labels (N,) int32 and lengths (N,), in steps, of 1 to 12 actions that fit into the recording with gaps."""
  num_actions = int(rng.integers(2, 13))
  labels = rng.integers(num_classes, size=num_actions).astype(np.int32)
  typical = np.geomspace(_SHORTEST, _LONGEST, num_classes)[labels]
  # At most a quarter of the recording, so that two always fit.
  lengths = np.minimum(typical * rng.uniform(0.7, 1.3, size=num_actions), num_steps / 4)
  num_fitting = int(np.searchsorted(np.cumsum(lengths + _MIN_GAP), 0.8 * num_steps))
  return labels[:num_fitting], lengths[:num_fitting]


def _draw_starts(rng: np.random.Generator, num_steps: int, lengths: np.ndarray) -> np.ndarray:
  """Draws starts (N,), in steps, ascending: free steps are spread at random before, between and after the actions."""
  taken = lengths + _MIN_GAP
  free = num_steps - 1 - math.fsum(taken)
  return np.sort(rng.uniform(0, free, size=len(lengths))) + np.cumsum(taken) - lengths


def _signal(num_steps: int, start: float, end: float, directions: np.ndarray, envelope: np.ndarray) -> np.ndarray:
  """Features (T, C) that an action from `start` to `end` (in steps) adds to the noise."""
  steps = np.arange(num_steps)
  share = np.clip(np.minimum(steps + 0.5, end) - np.maximum(steps - 0.5, start), 0.0, 1.0)
  progress = np.clip((steps - start) / (end - start), 0.0, 1.0)
  # The first direction shows that the action is there, the second how far it has progressed.
  strengths = share[:, None] * np.stack([envelope(progress), progress - 0.5], axis=-1)
  return _SIGNAL * strengths @ directions
