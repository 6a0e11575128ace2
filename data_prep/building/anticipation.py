"""Datasets of action anticipation: features from RULSTM's LMDB databases (--lmdb), or from files."""

import argparse
import math
from pathlib import Path

from jaxvid.data_prep.building import sequences
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.plan import Plan
from jaxvid.data_prep.dataset import Dataset
from jaxvid.formats.rulstm_lmdb import FRAMES_A_SECOND, LmdbFeatures

_EVERY = 0.25  # Seconds between the steps that RULSTM reads.


def add_flags(parser: argparse.ArgumentParser) -> None:
  """Adds --lmdb and --every."""
  parser.add_argument(
    "--lmdb",
    action="append",
    default=[],
    metavar="PATH",
    help="RULSTM's features in place of --source's: a database of one vector a frame, at 30 frames a second; may be "
    "repeated, which joins them step by step (RGB and flow)",
  )
  parser.add_argument(
    "--every", type=float, metavar="SECONDS", help=f"from one step to the next, with --lmdb; default: {_EVERY}"
  )


def make_plan(
  dataset: Dataset, annotated: Annotated, source: str | Path, config: str, flags: argparse.Namespace
) -> Plan:
  """The Plan of a dataset, with features from `source` or from --lmdb.

  Raises:
    BadInput: flags contradict each other.
  """
  if not flags.lmdb:
    if flags.every is not None:
      raise BadInput("flags", "--every", "given without --lmdb", "Give --fps and --feat_stride for features in files.")
    return sequences.make_plan(dataset, annotated, source, config, flags)
  for name in ("fps", "feat_stride", "num_frames", "fixed_length", "prefix", "suffix", "join"):
    if getattr(flags, name):
      remedy = "Leave it out: a database has one vector a frame, 30 a second, and --every chooses among them."
      raise BadInput("flags", f"--{name}", "given with --lmdb", remedy)
  stride = FRAMES_A_SECOND * (_EVERY if flags.every is None else flags.every)
  if not 1 <= stride < math.inf:
    remedy = f"Give at least 1/{FRAMES_A_SECOND} of a second, the time of one frame."
    raise BadInput("flags", "--every", f"{flags.every:g} s is not a frame or more", remedy)
  timing = {"fps": FRAMES_A_SECOND, "feat_stride": stride, "num_frames": 1}
  flags = argparse.Namespace(**(vars(flags) | timing))
  return sequences.make_plan(dataset, annotated, source, config, flags, LmdbFeatures(flags.lmdb, stride))
