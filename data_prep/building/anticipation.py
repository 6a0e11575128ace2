"""What the datasets of action anticipation share: their flags, the names of their splits, and their plan."""

import argparse
import math

from jaxvid.data_prep.building import sequences
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.lmdb_features import FRAMES_A_SECOND, LmdbFeatures
from jaxvid.data_prep.building.plan import Plan

_EVERY = 0.25  # Seconds between the steps that RULSTM reads.


def add_flags(parser):
  """Adds the flags of a build."""
  add_stats_flags(parser)
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


def add_stats_flags(parser):
  """Adds the flags that say where annotations are, and features in files."""
  parser.add_argument("--annotations", metavar="FOLDER", help="of the CSV files; default: --source")
  sequences.add_flags(parser, {})


def aliases(splits):
  """Which splits "train" and "test" mean."""
  del splits
  return {"train": ["training"], "test": ["validation"]}


def make_plan(annotated: Annotated, source, config, flags, description: str) -> Plan:
  """The Plan of a dataset, with features from `source` or from --lmdb.

  Raises:
    BadInput: flags contradict each other.
  """
  if not flags.lmdb:
    if flags.every is not None:
      raise BadInput("flags", "--every", "given without --lmdb", "Give --fps and --feat_stride for features in files.")
    return sequences.make_plan(annotated, source, config, flags, description, aliases)
  for name in ("fps", "feat_stride", "num_frames", "fixed_length", "prefix", "suffix", "join"):
    if getattr(flags, name):
      remedy = "Leave it out: a database has one vector a frame, 30 a second, and --every chooses among them."
      raise BadInput("flags", f"--{name}", "given with --lmdb", remedy)
  stride = FRAMES_A_SECOND * (_EVERY if flags.every is None else flags.every)
  if not 1 <= stride < math.inf:
    remedy = f"Give at least 1/{FRAMES_A_SECOND} of a second, the time of one frame."
    raise BadInput("flags", "--every", f"{flags.every:g} s is not a frame or more", remedy)
  timing = {"fps": FRAMES_A_SECOND, "feat_stride": stride, "num_frames": 1}
  return sequences.make_plan(
    annotated,
    source,
    config,
    argparse.Namespace(**(vars(flags) | timing)),
    description,
    aliases,
    features=LmdbFeatures(flags.lmdb, stride),
  )
