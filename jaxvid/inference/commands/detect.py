"""Localization: the actions in recordings of which there are features."""

import argparse
import pathlib
from collections.abc import Sequence
from typing import Any

from jaxvid import command
from jaxvid.inference.commands import timing

MODELS, DOES = "localizers", "finds actions in long recordings"
_NUM_PRINTED = 10


def add_flags(parser: command.Parser) -> None:
  timing.add_flags(parser)
  add = parser.add_argument_group("localization").add_argument
  add("--annotations", metavar="FILE.json", help="frame rates and durations, in ActivityNet's container")
  add("--file_prefix", metavar="TEXT", help="before the recordings' names in those of the files: v_")
  add("--plot", nargs="?", const="", metavar="FILE.png", help="draw a timeline; default: beside --output")


def run(flags: argparse.Namespace) -> None:
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
