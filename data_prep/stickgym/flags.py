"""Flags of stickgym's clips and routines, and the Settings they stand for."""

import argparse
import os
from typing import Any

from jaxvid.data_prep.stickgym.settings import DIFFICULTIES, NUISANCES, Settings, of_difficulty

_SIZES = ("height", "width", "fps", "crf")


def drawing_flags(videos: str, num_train: int, num_test: int) -> dict[str, dict[str, Any]]:
  """dict of "--name" -> keyword arguments of add_argument, as `dataset.Dataset.flags`.

  Args:
    videos: "clips" or "routines", for the help.
    num_train, num_test: defaults.
  """
  counts = {"train": num_train, "test": num_test}
  return (
    {"--seed": dict(type=int, default=0, help="random seed of everything; default: %(default)s")}
    | {
      f"--num_{split}": dict(type=int, default=count, metavar="N", help=f"{videos} to {split} on; default: %(default)s")
      for split, count in counts.items()
    }
    | {"--difficulty": dict(choices=DIFFICULTIES, default="normal", help="strength of every nuisance")}
    | {
      f"--{name}": dict(type=float, metavar="S", help="strength: 0 is none, 1 normal, 2 the most") for name in NUISANCES
    }
    | {
      f"--{name}": dict(type=int, default=getattr(Settings, name), metavar="N", help="default: %(default)s")
      for name in _SIZES
    }
    | {"--num_processes": dict(type=int, default=os.cpu_count(), metavar="N", help="default: one a core")}
  )


def settings_of(flags: argparse.Namespace) -> Settings:
  """The Settings of --difficulty, changed by the flags of single nuisances and sizes."""
  given = {name: getattr(flags, name) for name in (*NUISANCES, *_SIZES) if getattr(flags, name) is not None}
  return of_difficulty(flags.difficulty, **given)
