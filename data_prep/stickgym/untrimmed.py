"""stickgym's routines: untrimmed videos of several actions, each of which depends on those before."""

from pathlib import Path
from typing import Any

import numpy as np

from jaxvid import files
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.stickgym import motion
from jaxvid.data_prep.stickgym.grammar import draw_grammar
from jaxvid.data_prep.stickgym.performance import Performance
from jaxvid.data_prep.stickgym.render import SPLITS, VERSION, Job, write_folder
from jaxvid.data_prep.stickgym.settings import Settings
from jaxvid.data_prep.stickgym.video import film_routine
from jaxvid.formats import activitynet_annotations

ANNOTATIONS, GRAMMAR = "annotations.json", "grammar.json"
NUM_ACTIONS = (8, 14)  # Of a routine.

# Seeds of the routines and of the grammar, beside that of the dataset (0 and 3 are those of `clips`).
_ROUTINES, _GRAMMAR = 1, 2


def render_untrimmed(
  folder: str | Path,
  seed: int,
  num_train: int,
  num_test: int,
  settings: Settings = Settings(),
  num_actions: tuple[int, int] = NUM_ACTIONS,
  num_processes: int | None = None,
) -> Path:
  """Draws routines into FOLDER/NAME.mp4, and writes annotations.json (ActivityNet's container) and grammar.json.

  The container has "database": {NAME: {"subset", "duration", "fps", "annotations": [{"label", "label_id", "segment"},
  ...]}}, in seconds, in order; grammar.json is that of `stickgym.grammar.Grammar.to_json`.

  Args:
    folder, seed, settings, num_processes: as `clips.render_clips` takes them.
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
  # Actions and their times follow from the seed, without drawing; the seed of each routine is its own.
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
      jobs.append(Job(str(folder / f"{name}.mp4"), video_seed, tuple(labels), True))
      database[name] = _entry(film_routine(video_seed, labels, settings)[0], split, settings.fps)
  # The annotations come last: a folder that has them has all its videos.
  write_folder(folder, made_with, jobs, settings, num_processes)
  files.write_json(folder / GRAMMAR, grammar.to_json())
  activitynet_annotations.write(folder / ANNOTATIONS, database, VERSION)
  return folder / ANNOTATIONS


def _entry(performed: Performance, split: str, fps: int) -> dict[str, Any]:
  """The entry of a routine in ActivityNet's container."""
  annotations = [
    {"label": motion.NAMES[label], "label_id": int(label), "segment": [int(start) / fps, int(end) / fps]}
    for label, (start, end) in zip(performed.labels, performed.segments, strict=True)
  ]
  return {"subset": split, "duration": len(performed.track) / fps, "fps": fps, "annotations": annotations}
