"""Anticipation: the next action after the end of a recording, or at each of its steps."""

import argparse
import json
import pathlib
import sys

from jaxvid import command
from jaxvid.inference.commands import timing

MODELS, DOES = "anticipation models", "anticipates the next action"


def add_flags(parser: command.Parser) -> None:
  """Adds the flags of anticipation."""
  timing.add_flags(parser)
  add = parser.add_argument_group("anticipation").add_argument
  add("--stream", action="store_true", default=None, help="print the next actions at each step, one JSON object a line")
  add(
    "--extractor",
    metavar="DIR|NAME",
    help="extract features of a video: workdir of a recognition model, or published weights",
  )
  add("--state", metavar="FILE.npz", help="continue from this state if the file exists; write it at the end")
  add("--gaps", action="store_true", default=None, help="treat features that are not finite as gaps; default: an error")


def run(flags: argparse.Namespace) -> None:
  """Anticipates over --input and prints or writes the next actions."""
  from jaxvid import files
  from jaxvid.inference import stream
  from jaxvid.inference.anticipator import Anticipator
  from jaxvid.inference.extractor import FeatureExtractor

  anticipator = Anticipator(flags.workdir, flags.checkpoint)
  if flags.input == "-":
    steps = stream.of_lines(anticipator, sys.stdin, bool(flags.gaps))
  elif flags.extractor:
    make = FeatureExtractor.from_workdir if pathlib.Path(flags.extractor).is_dir() else FeatureExtractor.from_weights
    extractor = make(flags.extractor, **stream.extractor_settings(anticipator))
    steps = stream.of_video(anticipator, extractor, flags.input)
  else:
    steps = stream.of_features(anticipator, flags.input, timing.timing_of(flags), bool(flags.gaps))
  lines, row = [], {}
  for row in stream.anticipate(anticipator, steps, flags.top or 5, flags.state):
    if flags.stream:
      print(json.dumps(row), flush=True)
    if flags.output:
      lines.append(f"{json.dumps(row)}\n")
  if flags.output:
    files.write_text(flags.output, "".join(lines))
  if not flags.stream:
    for found in row.get("actions", []):
      print(f"{found['label']}  {found['score']:.3f}")
