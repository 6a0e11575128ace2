"""Recognition: the most probable classes of a video, or of each video in a folder."""

import argparse

from jaxvid import command

MODELS, DOES = "classifiers of clips", "classifies whole clips"


def add_flags(parser: command.Parser) -> None:
  """Adds the flags of recognition."""
  add = parser.add_argument_group("recognition").add_argument
  add("--weights", metavar="NAME", help="published weights instead of --workdir: i3d-kinetics-400")
  add("--start", type=float, metavar="SECONDS", help="classify a part of the video: its start")
  add("--end", type=float, metavar="SECONDS", help="its end")
  add("--num_clips", type=int, metavar="N", help="test views along time; default: as in the model's configuration")
  add("--num_crops", type=int, metavar="N", help="test views along the longer side of the frame")


def run(flags: argparse.Namespace) -> None:
  """Classifies --input and prints or writes the classes."""
  from jaxvid.inference.classifier import Classifier
  from jaxvid.inference.classify import classify

  if flags.weights:
    classifier = Classifier.from_weights(flags.weights)
  else:
    classifier = Classifier.from_workdir(flags.workdir, flags.checkpoint)
  views = {name: getattr(flags, name) for name in ("num_clips", "num_crops") if getattr(flags, name) is not None}
  if views:
    classifier = classifier.with_views(**views)
  part = dict(start=flags.start or 0.0, end=flags.end)
  results = classify(classifier, flags.input, flags.output, top=flags.top or 5, skip_bad=flags.skip_bad, **part)
  if len(results) == 1 or not flags.output:
    for name, rows in results.items():
      if len(results) > 1:
        print(f"{name}:")
      for row in rows:
        print(f"{row['label']}  {row['score']:.3f}")
