"""The flags that tell the timing of features."""

import argparse
from typing import TYPE_CHECKING

from jaxvid import command

if TYPE_CHECKING:
  from jaxvid.records import Timing

_FLAGS = ("fps", "feat_stride", "num_frames", "duration")


def add_flags(parser: command.Parser) -> None:
  """Adds them once, whatever number of tasks reads them."""
  if parser.has("fps"):
    return
  add = parser.add_argument_group("the timing of features").add_argument
  add("--fps", type=float, help="frames a second")
  add("--feat_stride", type=float, metavar="FRAMES", help="from one step to the next")
  add("--num_frames", type=float, metavar="FRAMES", help="that one step sees")
  add("--duration", type=float, metavar="SECONDS", help="of the recording; checked against the number of steps")


def timing_of(flags: argparse.Namespace) -> "Timing":
  """What the flags say; the model's feature contract knows the rest."""
  from jaxvid.records import Timing

  return Timing(**{name: getattr(flags, name) for name in _FLAGS})
