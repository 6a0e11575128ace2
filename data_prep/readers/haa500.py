"""HAA500's clips, in a folder a class; their numbers decide the split."""

import argparse
import re
from pathlib import Path

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan

NUM_CLASSES = 500

_SPLITS = ("train", "val", "test")


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The clips in the class folders.

  Args:
    source: folder of the class folders.
    config: not used.
    flags: with `split`, numbers of clips per class to train, validate and test on.

  Raises:
    BadInput: there are no such folders, or flags.split is bad.
  """
  del config
  if min(flags.split) < 0 or not flags.split[0]:
    raise BadInput("--split", "flags", f"{flags.split} are not three numbers of clips", "Give three, such as 16 1 3.")
  classes: dict[str, dict[int, Path]] = {}
  bad = []
  for path in clip_sources.all_video_files(source):
    match = re.fullmatch(r"(.+)_(\d{3})", path.stem)
    if match and match[1] == path.parent.name:
      classes.setdefault(match[1], {})[int(match[2])] = path
    else:
      bad.append(BadInput(path, "name", "is not CLASS/CLASS_NNN", "Name it as published, or take it out."))
  if not classes:
    raise BadInput(source, "clips", "no CLASS/CLASS_NNN.mp4 in it", "Give the folder of the class folders.")

  first = min(min(clips) for clips in classes.values())  # 0 as published.
  names = sorted(classes)
  items = []
  for label, name in enumerate(names):
    for place in range(sum(flags.split)):  # In each class the first clips train, the next validate, the last test.
      clip = f"{name}_{first + place:03d}"
      split = _SPLITS[sum(place >= bound for bound in (flags.split[0], flags.split[0] + flags.split[1]))]
      file = classes[name].pop(first + place, None)
      items.append(ClipItem(id=clip, split=split, file=file, label=label, group=clip, where=f"{name}/{clip}.mp4"))
    problem = f"is beyond the {sum(flags.split)} clips of a class"
    bad += [BadInput(path, "name", problem, "Give other numbers with --split.") for path in classes[name].values()]
  notes = [] if len(names) == NUM_CLASSES else [f"{len(names)} of the {NUM_CLASSES} classes are there"]
  return ClipPlan(items, names, "HAA500: atomic human actions.", bad=bad, notes=notes)
