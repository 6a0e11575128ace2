"""stickgym: a made-up gymnast on bar, beam and floor, in real video files, whose classes no single frame tells apart.

Twelve classes, four on each apparatus (`stickfigure.motion` says what they are and which pairs differ in what). There
are clips of one action, and untrimmed routines of several actions in which the next depends on earlier ones
(`stickfigure.grammar`). Everything follows from a seed.

    python -m data_prep.build stickgym --data_dir=data

draws the clips as mp4 files, into DATA_DIR/stickgym_videos or --source, and makes a dataset of them; videos that are
there already are not drawn again. `python -m data_prep.routines` draws the routines.
"""

import argparse
import concurrent.futures
import csv
import dataclasses
import functools
import io
import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jaxvid import files
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.datasets import clip_folder
from jaxvid.data_prep.stickgym import draw, encode, motion, performance
from jaxvid.data_prep.stickgym.body import draw_body
from jaxvid.data_prep.stickgym.camera import draw_camera
from jaxvid.data_prep.stickgym.grammar import draw_grammar
from jaxvid.data_prep.stickgym.scene import draw_scene
from jaxvid.data_prep.stickgym.settings import DIFFICULTIES, NUISANCES, Settings, of_difficulty

VERSION = "1.0.0"
CLIPS_CSV, ANNOTATIONS, GRAMMAR, MADE_WITH = "clips.csv", "annotations.json", "grammar.json", "made_with.json"
SPLITS = ("train", "test")
NEEDS_SOURCE = False
NUM_ACTIONS = (8, 14)  # Of a routine.
_NUM_TRAIN, _NUM_TEST = 2400, 600
_SIZES = ("height", "width", "fps", "crf")

# Seeds of the splits and of the grammar, beside that of the dataset.
_CLIPS, _ROUTINES, _GRAMMAR, _TAIL = range(4)


def add_flags(parser):
  add_drawing_flags(parser, "clips", _NUM_TRAIN, _NUM_TEST)
  parser.add_argument(
    "--tail_ratio", type=float, default=1.0, metavar="R", help="of the commonest training class to the rarest"
  )
  parser.set_defaults(encode="copy", short_side=0, quality=None, flow=None)  # The videos are small already.


def add_drawing_flags(parser, videos, num_train, num_test):
  """Adds the flags that clips and routines share.

  Args:
    parser: of argparse.
    videos: what the videos are called, for the help.
    num_train, num_test: defaults.
  """
  parser.add_argument("--seed", type=int, default=0, help="all follows from it; default: %(default)s")
  for split, count in (("train", num_train), ("test", num_test)):
    parser.add_argument(
      f"--num_{split}", type=int, default=count, metavar="N", help=f"{videos} to {split} on; default: %(default)s"
    )
  parser.add_argument("--difficulty", choices=DIFFICULTIES, default="normal", help="strength of every nuisance")
  for name in NUISANCES:
    parser.add_argument(f"--{name}", type=float, metavar="S", help="strength: 0 is none, 1 normal, 2 the most")
  for name in _SIZES:
    default = getattr(Settings, name)
    parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help="default: %(default)s")
  parser.add_argument("--num_processes", type=int, default=os.cpu_count(), metavar="N", help="default: one a core")


def plan(source, config, flags):
  """Draws the clips that are not there yet, and gives a ClipPlan of all of them."""
  folder = Path(source or Path(flags.data_dir) / "stickgym_videos" / config)
  counts = flags.num_train, flags.num_test
  table = render_dataset(folder, flags.seed, *counts, settings_of(flags), flags.tail_ratio, flags.num_processes)
  found = clip_folder.plan(folder, config, argparse.Namespace(annotations=table, class_names=None, test_share=0.0))
  note = f"seed {flags.seed}, difficulty {flags.difficulty}, tail ratio {flags.tail_ratio:g}"
  return dataclasses.replace(found, description="Made-up gymnastics; nothing in it is real.", notes=[note])


def settings_of(flags):
  """The Settings that `add_drawing_flags`' flags ask for: of a difficulty, but for the nuisances that are given."""
  given = {name: getattr(flags, name) for name in (*NUISANCES, *_SIZES) if getattr(flags, name) is not None}
  return of_difficulty(flags.difficulty, **given)


def class_names():
  """The classes in the order of their labels, which is that of the alphabet."""
  return list(motion.NAMES)


def draw_clip(seed, label, settings=Settings()):
  """A video of one action, (T, H, W, 3) uint8.

  Args:
    seed: an integer from 0 on, or several in a tuple. All that is not the action itself comes from it alone: clips of
      the same seed differ in their labels only.
    label: index of `class_names`.
    settings: Settings.
  """
  _, frames = _filmed(seed, functools.partial(performance.of_clip, label=label), settings)
  return np.stack(list(frames))


def draw_routine(seed, labels, settings=Settings()):
  """An untrimmed video of several actions: its `performance.Performance`, and a generator of (H, W, 3) uint8 frames."""
  return _filmed(seed, functools.partial(performance.of_routine, labels=labels), settings)


def clip_counts(num_clips, ratio=1.0, seed=0):
  """How many clips each class has, (C,) int, together `num_clips`.

  Args:
    num_clips: one a class at least.
    ratio: of the commonest class to the rarest; counts fall off exponentially, in an order that the seed decides.
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


def render_dataset(folder, seed, num_train, num_test, settings=Settings(), tail_ratio=1.0, num_processes=None):
  """Writes clips as FOLDER/CLASS/SPLIT_NUMBER.mp4, and clips.csv of file, label, start, end and split.

  Start and end are empty: a clip is all of its file. What is there already is kept, so that a run that was stopped goes
  on where it was; the files do not depend on the number of processes.

  Args:
    folder: made if need be.
    seed: from 0 on.
    num_train, num_test: clips of each split. The test split has as many of each class, give or take one.
    settings: Settings.
    tail_ratio: of the commonest class of the training split to its rarest.
    num_processes: None for one a core.

  Returns:
    The path of clips.csv.

  Raises:
    BadInput: the folder has videos of other settings.
  """
  folder = Path(folder)
  made_with = {"seed": seed, "num_train": num_train, "num_test": num_test, "tail_ratio": tail_ratio}
  rows, jobs = [], []
  for split, counts in zip(SPLITS, (clip_counts(num_train, tail_ratio, seed), clip_counts(num_test)), strict=True):
    for number, label in enumerate(np.repeat(np.arange(len(counts)), counts).tolist()):
      name = motion.NAMES[label]
      file = f"{name}/{split}_{number:05d}.mp4"
      rows.append({"file": file, "label": name, "start": "", "end": "", "split": split})
      jobs.append(_Job(str(folder / file), (seed, _CLIPS, SPLITS.index(split), number), (label,), False))
  _claim(folder, made_with, settings)
  _write_videos(jobs, settings, num_processes)
  text = io.StringIO()
  table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
  table.writeheader()
  table.writerows(rows)
  files.write_text(folder / CLIPS_CSV, text.getvalue())
  return folder / CLIPS_CSV


def render_untrimmed(
  folder, seed, num_train, num_test, settings=Settings(), num_actions=NUM_ACTIONS, num_processes=None
):
  """Writes routines as FOLDER/NAME.mp4, annotations.json (ActivityNet's container) and grammar.json.

  The container has "database": {NAME: {"subset", "duration", "fps", "annotations": [{"label", "label_id", "segment"},
  ...]}}, in seconds, in order; grammar.json is of `stickfigure.grammar.Grammar.to_json`.

  Args:
    folder, seed, settings, num_processes: as `render_dataset` takes them.
    num_train, num_test: routines of each split, one or more together.
    num_actions: fewest and most actions of a routine.

  Returns:
    The path of annotations.json.

  Raises:
    BadInput: the folder has videos of other settings.
  """
  if not 1 <= num_actions[0] <= num_actions[1]:
    raise BadInput("stickgym", "actions", f"{num_actions} is no range", "Give the fewest, 1 or more, then the most.")
  if min(num_train, num_test) < 0 or not num_train + num_test:
    raise BadInput("stickgym", "routines", f"{num_train} and {num_test} are too few", "Give 0 or more of each split.")
  folder = Path(folder)
  made_with = {"seed": seed, "num_train": num_train, "num_test": num_test, "num_actions": list(num_actions)}
  grammar = draw_grammar(np.random.default_rng([seed, _GRAMMAR]))
  database, jobs = {}, []
  for number, (split, count) in enumerate(zip(SPLITS, (num_train, num_test), strict=True)):
    for index in range(count):
      video_seed = (seed, _ROUTINES, number, index)
      rng = np.random.default_rng(video_seed)
      labels = grammar.sample(rng, int(rng.integers(num_actions[0], num_actions[1] + 1)))
      name = f"{split}_{index:04d}"
      jobs.append(_Job(str(folder / f"{name}.mp4"), video_seed, tuple(labels), True))
      database[name] = _annotated(draw_routine(video_seed, labels, settings)[0], split, settings.fps)
  _claim(folder, made_with, settings)
  _write_videos(jobs, settings, num_processes)
  files.write_json(folder / GRAMMAR, grammar.to_json())
  files.write_json(folder / ANNOTATIONS, {"version": VERSION, "database": database})
  return folder / ANNOTATIONS


@dataclasses.dataclass(frozen=True)
class _Job:
  """A video to be written: of a routine, or of the one action that `labels` has."""

  path: str
  seed: tuple[int, ...]
  labels: tuple[int, ...]
  routine: bool


def _filmed(seed, perform, settings):
  """(Performance, generator of frames); `perform` takes a generator, a body and the settings."""
  looks, moves, around, films, sensor = (np.random.default_rng([*np.atleast_1d(seed), part]) for part in range(5))
  dark = bool(looks.random() < 0.5) and settings.body > 0
  body = draw_body(looks, settings.body, dark)
  performed = perform(moves, body=body, settings=settings)
  scene = draw_scene(around, settings, len(performed.track), dark)
  camera = draw_camera(films, settings, performed.x, performed.apparatus)
  return performed, draw.frames(sensor, body, performed.track, scene, camera, settings.noise)


def _annotated(performed, split, fps):
  """The entry of a routine in ActivityNet's container."""
  annotations = [
    {"label": motion.NAMES[label], "label_id": int(label), "segment": [int(start) / fps, int(end) / fps]}
    for label, (start, end) in zip(performed.labels, performed.segments, strict=True)
  ]
  return {"subset": split, "duration": len(performed.track) / fps, "fps": fps, "annotations": annotations}


def _claim(folder, made_with, settings):
  """Notes what the folder's videos are made with, or refuses a folder of others."""
  made_with = {"version": VERSION, **made_with, "settings": dataclasses.asdict(settings)}
  file = folder / MADE_WITH
  if not file.exists():
    files.write_json(file, made_with)
  elif json.loads(file.read_text()) != json.loads(json.dumps(made_with)):
    raise BadInput(file, "settings", "the videos here are made with others", "Give another folder, or remove this one.")


def _write_videos(jobs, settings, num_processes):
  """Writes the videos that are not there yet."""
  write = functools.partial(_write_video, settings=settings)
  missing = [job for job in jobs if not os.path.exists(job.path)]
  progress = functools.partial(tqdm, total=len(missing), unit=" videos", desc="stickgym")
  num_processes = min(num_processes or os.cpu_count(), len(missing))
  if num_processes <= 1:
    for job in progress(missing):
      write(job)
    return
  # Fresh processes, not forks: the caller may have threads.
  context = multiprocessing.get_context("spawn")
  with concurrent.futures.ProcessPoolExecutor(num_processes, context) as pool:
    for _ in progress(pool.map(write, missing, chunksize=4)):
      pass


def _write_video(job, settings):
  perform = (
    functools.partial(performance.of_routine, labels=job.labels)
    if job.routine
    else functools.partial(performance.of_clip, label=job.labels[0])
  )
  encode.write_video(job.path, _filmed(job.seed, perform, settings)[1], settings.fps, settings.crf)
