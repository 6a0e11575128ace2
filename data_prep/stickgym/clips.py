"""stickgym's clips of one action each, drawn, and read as a dataset."""

import argparse
import csv
import dataclasses
import io
from pathlib import Path

import numpy as np

from jaxvid import files
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipPlan
from jaxvid.data_prep.readers import clip_folder
from jaxvid.data_prep.stickgym import motion
from jaxvid.data_prep.stickgym.flags import drawing_flags, settings_of
from jaxvid.data_prep.stickgym.render import SPLITS, Job, write_folder
from jaxvid.data_prep.stickgym.settings import Settings

CLIPS_CSV = "clips.csv"
FLAGS = drawing_flags("clips", 2400, 600) | {
  "--tail_ratio": dict(type=float, default=1.0, metavar="R", help="of the commonest training class to the rarest")
}

# Seeds of the clips and of their counts, beside that of the dataset (1 and 2 are those of `untrimmed`).
_CLIPS, _TAIL = 0, 3


def read(source: str | Path | None, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The clips in the folder `source`; those that are not there yet are drawn."""
  folder = Path(source or Path(flags.data_dir) / "stickgym_videos" / config)
  counts = flags.num_train, flags.num_test
  table = render_clips(folder, flags.seed, *counts, settings_of(flags), flags.tail_ratio, flags.num_processes)
  found = clip_folder.read(folder, config, argparse.Namespace(annotations=table, class_names=None, test_share=0.0))
  note = f"seed {flags.seed}, difficulty {flags.difficulty}, tail ratio {flags.tail_ratio:g}"
  return dataclasses.replace(found, description="Made-up gymnastics; nothing in it is real.", notes=[note])


def clip_counts(num_clips: int, ratio: float = 1.0, seed: int = 0) -> np.ndarray:
  """Numbers of clips of the classes, (C,) int, with the sum `num_clips`.

  Args:
    num_clips: C or more.
    ratio: clips of the most frequent class, divided by those of the rarest. Counts fall off exponentially, in an order
      that the seed decides.
    seed: of the dataset.
  """
  num_classes = len(motion.NAMES)
  if num_clips < num_classes:
    problem = f"{num_clips} are too few for {num_classes} classes"
    raise BadInput("stickgym", "clips", problem, f"Give {num_classes} or more.")
  if not ratio >= 1:
    raise BadInput("stickgym", "tail ratio", f"{ratio} is under 1", "Give 1 for as many clips of each class, or more.")
  ranks = np.random.default_rng([seed, _TAIL]).permutation(num_classes)
  weights = ratio ** (-ranks / (num_classes - 1))
  spare = num_clips - num_classes  # Beyond the one that each has.
  shares = spare * weights / weights.sum()
  counts = shares.astype(int)
  counts[np.argsort(counts - shares, kind="stable")[: spare - counts.sum()]] += 1
  return counts + 1


def render_clips(
  folder: str | Path,
  seed: int,
  num_train: int,
  num_test: int,
  settings: Settings = Settings(),
  tail_ratio: float = 1.0,
  num_processes: int | None = None,
) -> Path:
  """Draws clips into FOLDER/CLASS/SPLIT_NUMBER.mp4, and writes clips.csv of file, label, start, end and split.

  Start and end are empty: a clip is all of its file. Videos that are there already are kept, so that a stopped run goes
  on. The files do not depend on the number of processes.

  Args:
    folder: made if need be.
    seed: from 0 on.
    num_train, num_test: clips of each split. The test split has as many of each class, give or take one.
    settings: sizes and nuisances.
    tail_ratio: clips of the most frequent training class, divided by those of the rarest.
    num_processes: None for one a core.

  Returns:
    The path of clips.csv.

  Raises:
    BadInput: the folder has videos of other settings.
  """
  # Which clips there are follows from the arguments; the seed of each is its own, so any of them can be drawn alone.
  folder = Path(folder)
  made_with = {"seed": seed, "num_train": num_train, "num_test": num_test, "tail_ratio": tail_ratio}
  rows, jobs = [], []
  for split, counts in zip(SPLITS, (clip_counts(num_train, tail_ratio, seed), clip_counts(num_test)), strict=True):
    for number, label in enumerate(np.repeat(np.arange(len(counts)), counts).tolist()):
      name = motion.NAMES[label]
      file = f"{name}/{split}_{number:05d}.mp4"
      rows.append({"file": file, "label": name, "start": "", "end": "", "split": split})
      jobs.append(Job(str(folder / file), (seed, _CLIPS, SPLITS.index(split), number), (label,), False))
  write_folder(folder, made_with, jobs, settings, num_processes)
  # The table comes last: a folder that has one has all its videos.
  text = io.StringIO()
  table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
  table.writeheader()
  table.writerows(rows)
  files.write_text(folder / CLIPS_CSV, text.getvalue())
  return folder / CLIPS_CSV
