"""Localization: the actions in recordings, from files of their features."""

import argparse
import pathlib
from collections.abc import Sequence
from typing import Any

from jaxvid import command
from jaxvid.inference.commands import timing

MODELS, DOES = "localizers", "finds actions in long recordings"
_NUM_PRINTED = 10


def add_flags(parser: command.Parser) -> None:
  """Adds the flags of localization."""
  timing.add_flags(parser)
  add = parser.add_argument_group("localization").add_argument
  add("--annotations", metavar="FILE.json", help="annotations with durations and frame rates of the recordings")
  add("--file_prefix", metavar="TEXT", help="text before the recording's name in file names, such as v_")
  add("--plot", nargs="?", const="", metavar="FILE.png", help="draw a timeline; default: beside --output")


def run(flags: argparse.Namespace) -> None:
  """Detects actions in --input, writes them to --output, and prints the best of a single recording."""
  if not flags.output:
    raise ValueError("say where to save the segments: --output=FILE.json")
  from jaxvid.inference.detect import detect

  plot = pathlib.Path(flags.output).with_suffix(".png") if flags.plot == "" else flags.plot
  settings = {name: getattr(flags, name) for name in ("annotations", "checkpoint", "skip_bad", "top")}
  results = detect(
    flags.workdir,
    flags.input,
    flags.output,
    timing=timing.timing_of(flags),
    plot=plot,
    file_prefix=flags.file_prefix or "",
    **settings,
  )
  if len(results) == 1:
    _print(next(iter(results.values())))


def _print(rows: Sequence[dict[str, Any]]) -> None:
  for row in rows[:_NUM_PRINTED]:
    start, end = row["segment"]
    print(f"  {row['score']:.3f}  {start:9.2f} to {end:9.2f} s  {row['label']}")
  if len(rows) > _NUM_PRINTED:
    print(f"  ... and {len(rows) - _NUM_PRINTED} more")
