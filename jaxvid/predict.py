"""Find the actions in recordings of which there are features: detections, with a trained model.

  python -m jaxvid.predict --workdir=runs/thumos --input=video.npy --output=found.json --plot
  python -m jaxvid.predict --workdir=runs/thumos --input=features/ --annotations=thumos14.json --output=found.json

--workdir is where jaxvid.main trained the model, or jaxvid.convert put it. --input is a file of features (.npy, .npz,
.h5, .hdf5, .pt, .pth; steps x dim) or a folder of such files, one a recording, whose name is the file's. --output is in
ActivityNet's submission format, as predictions.json of an evaluation: seconds, class names, best first.

What the model knows of the features it was trained on (frame rate, stride, clip length, dim) need not be given; what
contradicts it is refused. Without a duration, a recording ends where its last step does.
"""

import argparse
import dataclasses
import logging
import os
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

# Everything that is slow to import is imported in the functions, so that --help and a wrong flag answer at once.
if TYPE_CHECKING:
  import numpy as np

  from jaxvid.data.recordings import FeatureFile, Timing

_LOG = logging.getLogger("jaxvid.predict")  # Not __name__: as a command this is __main__.

_PICTURES = (".png", ".svg", ".pdf")
# As much as a reader can take in: so many recordings; of each, so many detections, not much weaker than its best.
_NUM_DRAWN, _NUM_DETECTIONS_DRAWN, _WEAKEST_DRAWN = 8, 40, 0.25
_NUM_PRINTED = 10


class Detector:
  """A trained model that finds the actions in recordings; programs are compiled once for each padded length.

  Attributes:
    class_names: of the model; empty where they are not known, and detections then have indices as labels.
    contract: FeatureContract of the features that it was trained on.
  """

  def __init__(self, workdir: str | os.PathLike, checkpoint: str = "latest"):
    """Loads the latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is none.
    """
    from jaxvid.evaluators.predictor import Predictor
    from jaxvid.train import trained

    self._model = trained.load(os.fspath(workdir), checkpoint)
    self._predictor = Predictor(self._model.experiment.network, self._model.experiment.task)
    self.class_names, self.contract = self._model.class_names, self._model.contract

  def __call__(self, features: "np.ndarray", timing: "Timing | None" = None, top: int | None = None) -> list[dict]:
    """The detections in one recording, best first: [{"label", "segment": [start, end] in seconds, "score"}, ...].

    Args:
      features: (T, C) floats, any T.
      timing: jaxvid.data.recordings.Timing, with what the contract does not know.
      top: how many at most; None for all.

    Raises:
      FeatureFileError: the features are no array of steps x dim, or not finite.
      TimingError: something about the timing is not known, or contradicts the contract.
    """
    from jaxvid.data import feature_files, recordings
    from jaxvid.evaluators import predictor

    feature_files.check(features, self.contract.dim, "features")
    record = recordings.record("recording", features, timing or recordings.Timing(), self.contract)
    [(_, found)] = self._run([record])
    return predictor.rows(found, self.class_names)[:top]

  def run(self, files: "Sequence[FeatureFile]") -> Iterator[tuple[dict[str, Any], dict[str, list]]]:
    """(record, detections as jaxvid.evaluators.predictor has them) of each file in turn; files are read ahead."""
    from jaxvid.data.recordings import FeatureFiles

    return self._run(FeatureFiles(files, self.contract))

  def _run(self, source):
    # The way of an evaluation: the same padding, the same program, hence the same numbers.
    return self._predictor.run(self._model.variables, self._model.experiment.data.eval_examples(source))


def predict(
  workdir: str | os.PathLike,
  input: str | os.PathLike,
  output: str | os.PathLike,
  *,
  timing: "Timing | None" = None,
  annotations: str | os.PathLike | None = None,
  file_prefix: str = "",
  checkpoint: str = "latest",
  skip_bad: bool = False,
  top: int | None = None,
  plot: str | os.PathLike | None = None,
) -> dict[str, list[dict]]:
  """Detections in a file of features or a folder of such files, written to `output`: what the command does.

  Every file is looked at before the first prediction, so that a bad one does not end the work in its middle.

  Args:
    workdir, checkpoint: see `Detector`.
    input: a file, or a folder of them.
    output: a .json file.
    timing: jaxvid.data.recordings.Timing, of all the files; its duration is for a single one.
    annotations: a file in ActivityNet's container, with durations and, where the recordings differ in them, frame
      rates.
    file_prefix: what files' names have before the recordings' names, such as ActivityNet's "v_".
    skip_bad: leave out files that cannot be used, with a warning.
    top: how many detections a recording at most; None for all.
    plot: a picture (.png, .svg, .pdf) of the first recordings' best detections.

  Returns:
    The rows of each recording, as in the file's "results".

  Raises:
    FeatureFileError, TimingError: a file cannot be used; says which, why, and what to do.
    CheckpointError: there is no such checkpoint.
  """
  from tqdm import tqdm

  from jaxvid.data.recordings import Timing
  from jaxvid.evaluators import predictor

  _check_outputs(output, plot)
  timing = timing or Timing()
  paths = _paths(input, file_prefix, timing)
  detector = Detector(workdir, checkpoint)
  usable = _usable(paths, timing, annotations, detector.contract, skip_bad)

  results, drawn = [], []
  for record, found in tqdm(detector.run(usable), total=len(usable), desc="predict", unit="recording", leave=False):
    found = {name: values[:top] for name, values in found.items()}
    results.append((record["id"], found))
    if len(drawn) < _NUM_DRAWN:
      drawn.append((record, found))
  predictor.write_submission(output, results, detector.class_names)
  _LOG.info("%d detections in %d recording(s): %s", sum(len(f["labels"]) for _, f in results), len(results), output)
  if plot:
    _draw(plot, drawn, detector.class_names, len(results))
    _LOG.info("the picture: %s", plot)
  return {name: predictor.rows(found, detector.class_names) for name, found in results}


def _check_outputs(output, plot):
  """What can be wrong with the paths comes to light before the work."""
  for path in filter(None, (output, plot)):
    if pathlib.Path(path).is_dir():
      raise ValueError(f"{path}: a folder; name a file")
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
  if plot and pathlib.Path(plot).suffix.lower() not in _PICTURES:
    raise ValueError(f"--plot={plot}: the picture's name must end in one of {', '.join(_PICTURES)}")


def _paths(input, prefix, timing):
  """The files by the names of their recordings."""
  from jaxvid.data import feature_files
  from jaxvid.data.recordings import TimingError

  path = pathlib.Path(input)
  if not path.is_dir():
    found = {path.stem: path}
  elif timing.duration is None:
    found = feature_files.find(path)
  else:
    raise TimingError("duration: is one recording's, but --input is a folder; give --annotations with a duration each")
  return {name.removeprefix(prefix): file for name, file in found.items()}


def _usable(paths, timing, annotations, contract, skip_bad):
  """A FeatureFile of each file that holds what the model needs; one that does not is an error, unless `skip_bad`."""
  from tqdm import tqdm

  from jaxvid.data.feature_files import FeatureFileError
  from jaxvid.data.recordings import FeatureFile, FeatureFiles, TimingError, read_timings

  known = read_timings(annotations) if annotations else None
  usable = []
  for name, path in tqdm(paths.items(), desc="check", unit="file", leave=False, disable=len(paths) == 1):
    try:
      file = FeatureFile(name, path, timing)
      if known is not None:
        file = file.annotated(known, annotations)
      FeatureFiles([file], contract)[0]  # Reads and checks it.
      usable.append(file)
    except (FeatureFileError, TimingError) as error:
      if not skip_bad:
        if len(paths) > 1:
          error.add_note("Such files are left out with --skip_bad.")
        raise
      _LOG.warning("left out: %s", error)
  if not usable:
    raise ValueError("--skip_bad has left out every file")
  return usable


def _draw(path, drawn, class_names, num_recordings):
  import numpy as np

  from jaxvid.viz import timeline

  panels = []
  for record, found in drawn:
    scores = np.array(found["scores"])
    shown = np.flatnonzero(scores >= _WEAKEST_DRAWN * scores.max(initial=0))[:_NUM_DETECTIONS_DRAWN]
    panels.append(
      timeline.Timeline(
        id=record["id"],
        duration=record["duration"],
        truth_segments=None,
        truth_labels=None,
        segments=np.array(found["segments"]).reshape(-1, 2)[shown],
        scores=scores[shown],
        labels=np.array(found["labels"], int)[shown],
        num_found=len(scores),
      )
    )
  if not class_names:
    class_names = [f"class {label}" for label in range(1 + max([0, *(int(p.labels.max(initial=0)) for p in panels)]))]
  title = f"The first {len(drawn)} of {num_recordings} recordings" if num_recordings > len(drawn) else None
  timeline.draw(path, panels, class_names, title)


def _parse(argv):
  parser = argparse.ArgumentParser(
    prog="python -m jaxvid.predict",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  add = parser.add_argument
  add("--workdir", required=True, metavar="DIR", help="of the trained model")
  add("--input", required=True, metavar="PATH", help="a file of features, or a folder of them")
  add("--output", required=True, metavar="FILE.json", help="where the detections go")
  add("--checkpoint", choices=("latest", "best"), default="latest", help="which one; default: %(default)s")
  add("--fps", type=float, help="frames a second")
  add("--feat_stride", type=float, metavar="FRAMES", help="from one step to the next")
  add("--num_frames", type=float, metavar="FRAMES", help="that one step sees")
  add("--duration", type=float, metavar="SECONDS", help="of the recording; checked against the number of steps")
  add("--annotations", metavar="FILE.json", help="frame rates and durations, in ActivityNet's container")
  add("--file_prefix", default="", metavar="TEXT", help="before the recordings' names in those of the files: v_")
  add("--skip_bad", action="store_true", help="leave out files that cannot be used, and go on")
  add("--top", type=int, metavar="N", help="at most so many detections a recording; default: all that the model keeps")
  add("--plot", nargs="?", const="", metavar="FILE.png", help="draw a timeline; default: beside --output")
  add("--traceback", action="store_true", help="show where an error came from, not only what it was")
  flags = parser.parse_args(argv)
  if flags.top is not None and flags.top < 1:
    parser.error("--top must be at least 1")
  if flags.plot == "":
    flags.plot = pathlib.Path(flags.output).with_suffix(".png")
  return flags


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  from jaxvid.data.recordings import Timing

  try:
    timing = Timing(**{field.name: getattr(flags, field.name) for field in dataclasses.fields(Timing)})
    settings = {
      name: getattr(flags, name) for name in ("annotations", "file_prefix", "checkpoint", "skip_bad", "top", "plot")
    }
    results = predict(flags.workdir, flags.input, flags.output, timing=timing, **settings)
  except (OSError, ValueError) as error:
    if flags.traceback:
      raise
    sys.exit("\n".join([f"error: {error}", *getattr(error, "__notes__", [])]))
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
  import absl.logging

  absl.logging.set_verbosity(absl.logging.WARNING)  # Orbax tells every file it reads.
  logging.basicConfig(format="%(message)s")
  logging.getLogger("jaxvid").setLevel(logging.INFO)
  main(sys.argv[1:])


if __name__ == "__main__":
  run()
