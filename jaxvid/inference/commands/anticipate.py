"""Anticipation: what comes after the end of a recording, or next at each step of it."""

import argparse
import json
import pathlib
import sys

from jaxvid import command
from jaxvid.inference.commands import timing

MODELS, DOES = "anticipation models", "anticipates the next action"


def add_flags(parser: command.Parser) -> None:
  timing.add_flags(parser)
  add = parser.add_argument_group("anticipation").add_argument
  add("--stream", action="store_true", default=None, help="print what comes next at each step, one JSON object a line")
  add("--extractor", metavar="DIR|NAME", help="of a video's features: a recognition's workdir, or published weights")
  add("--state", metavar="FILE.npz", help="go on from this state where it exists, and keep it there at the end")
  add("--gaps", action="store_true", default=None, help="features that are not finite are gaps; otherwise an error")


def run(flags: argparse.Namespace) -> None:
  from jaxvid import files
  from jaxvid.inference import stream
  from jaxvid.inference.anticipator import Anticipator
  from jaxvid.inference.extractor import FeatureExtractor

  anticipator = Anticipator(flags.workdir, flags.checkpoint)
  if flags.input == "-":
    steps = stream.of_lines(anticipator, sys.stdin, bool(flags.gaps))
  elif flags.extractor:
    make = FeatureExtractor.from_workdir if pathlib.Path(flags.extractor).is_dir() else FeatureExtractor.from_weights
    extractor = make(flags.extractor, **stream.extraction(anticipator))
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
