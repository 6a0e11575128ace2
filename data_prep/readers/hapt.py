"""HAPT's signals and labels as recordings: one per subject, in windows of a second."""

import argparse
import collections
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.plan import Plan
from jaxvid.formats import hapt
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Action, Recording, Timing

SENSORS = {"default": ("acc",), "acc_gyro": ("acc", "gyro")}  # By configuration.

RATE = 50  # Samples a second.
WINDOW = 50  # Samples that one step sees.
STRIDE = 25  # Samples from one step to the next.


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Plan:
  """The recordings of all subjects, with the sensors of a configuration.

  Raises:
    BadInput: a file is missing or bad. A subject's signals are read, and refused, when its recording is.
  """
  del flags
  sensors = SENSORS[config]
  files = hapt.read(source)
  activities = files.activities()
  labels = files.labels()

  experiments = collections.defaultdict(list)  # Subject -> experiments in order.
  for experiment, subject in sorted(labels):
    experiments[subject].append(experiment)
  subjects = sorted(experiments)
  aliases = {split: [_split(subject) for subject in files.subjects(split)] for split in ("train", "test")}
  for held_out in subjects:
    aliases[f"fold_{held_out:02d}_train"] = [_split(subject) for subject in subjects if subject != held_out]
    aliases[f"fold_{held_out:02d}_test"] = [_split(held_out)]

  return Plan(
    readers={
      _split(subject): [partial(_read, files, sensors, subject, experiments[subject], labels, activities)]
      for subject in subjects
    },
    contract=FeatureContract(
      extractor="+".join(f"raw_{sensor}" for sensor in sensors),
      weights_hash="",
      fps=RATE,
      feat_stride=STRIDE,
      num_frames=WINDOW,
      dim=3 * len(sensors) * WINDOW,
      normalization="none",
    ),
    class_names=list(activities.values()),
    aliases=aliases,
    description="UCI HAPT: raw smartphone signals of 30 people with the segments of 12 activities and transitions.",
    dtype="float32",
  )


def windows(samples: np.ndarray) -> np.ndarray:
  """Windows (T, channels * WINDOW) of samples (N, channels), one channel after the other."""
  views = np.lib.stride_tricks.sliding_window_view(samples, WINDOW, axis=0)[::STRIDE]  # (T, channels, WINDOW)
  return views.reshape(len(views), -1)


def _read(
  files: hapt.Files,
  sensors: Sequence[str],
  subject: int,
  experiments: list[int],
  labels: dict[tuple[int, int], list[hapt.Label]],
  activities: dict[int, str],
) -> Recording:
  """The Recording of one subject: its experiments joined in order."""
  signals, actions, offset = [], [], 0
  for experiment in experiments:
    signal = files.signal(sensors, experiment, subject)
    bounds = (offset / RATE, (offset + len(signal)) / RATE)
    actions += [
      Action(
        start=(offset + label.first - 1) / RATE,
        end=(offset + label.last - 1) / RATE,
        label=activities.get(label.activity, str(label.activity)),
        where=f"line {label.line}",
        bounds=bounds,
      )
      for label in labels[experiment, subject]
    ]
    signals.append(signal)
    offset += len(signal)
  if offset < WINDOW:
    problem = f"{offset} samples, but a window has {WINDOW}"
    raise BadInput(files.source, _split(subject), problem, "Get the file again.")
  return Recording(
    id=_split(subject),
    features=windows(np.concatenate(signals)),
    features_file=f"{files.source}: RawData/*_user{subject:02d}.txt",
    timing=Timing(RATE, STRIDE, WINDOW, offset / RATE),
    actions=actions,
    source=f"{files.source}: RawData/labels.txt",
  )


def _split(subject: int) -> str:
  return f"subject_{subject:02d}"
