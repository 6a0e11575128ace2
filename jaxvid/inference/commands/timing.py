"""Flags for the timing of features."""

import argparse
from typing import TYPE_CHECKING

from jaxvid import command

if TYPE_CHECKING:
  from jaxvid.records import Timing

_FLAGS = ("fps", "feat_stride", "num_frames", "duration")


def add_flags(parser: command.Parser) -> None:
  """Adds --fps, --feat_stride, --num_frames and --duration, once for all tasks that read them."""
  if parser.has("fps"):
    return
  add = parser.add_argument_group("the timing of features").add_argument
  add("--fps", type=float, help="frames a second")
  add("--feat_stride", type=float, metavar="FRAMES", help="frames from one step to the next")
  add("--num_frames", type=float, metavar="FRAMES", help="frames that one step sees")
  add("--duration", type=float, metavar="SECONDS", help="duration of the recording; compared with the number of steps")


def timing_of(flags: argparse.Namespace) -> "Timing":
  """The Timing in the flags; None for a flag that is not given, which the model's contract then completes."""
  from jaxvid.records import Timing

  return Timing(**{name: getattr(flags, name) for name in _FLAGS})
