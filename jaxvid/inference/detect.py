"""Detects the actions in a file of features or a folder of them; writes a submission and a picture."""

import logging
import os
import pathlib

import numpy as np
from tqdm import tqdm

from jaxvid.data.recordings import FeatureFile, FeatureFiles, read_timings
from jaxvid.formats import activitynet_detections, contract, detections, feature_files, registry
from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import FormatError
from jaxvid.inference.detector import Detector
from jaxvid.records import Timing, TimingError

_LOG = logging.getLogger(__name__)
_PICTURES = (".png", ".svg", ".pdf")
# A readable picture: number of recordings, detections of each, and lowest score as a share of the recording's best.
_NUM_DRAWN, _NUM_DETECTIONS_DRAWN, _WEAKEST_DRAWN = 8, 40, 0.25


def detect(
  workdir: str | os.PathLike,
  input: str | os.PathLike,
  output: str | os.PathLike,
  *,
  timing: Timing | None = None,
  annotations: str | os.PathLike | None = None,
  file_prefix: str = "",
  checkpoint: str = "latest",
  skip_bad: bool = False,
  top: int | None = None,
  plot: str | os.PathLike | None = None,
) -> dict[str, list[dict]]:
  """Detects actions in recordings and writes them to `output`; `jaxvid predict` of localization as a function.

  All files are read and checked before the first prediction, so that a bad one does not stop the work half-way.

  Args:
    workdir, checkpoint: see `Detector`.
    input: a file of features, or a folder of them. A contract.json beside them, as `jaxvid extract` writes it, is
      compared with the model's and gives the timing.
    output: the file to write; .json: an ActivityNet submission. Other endings: see jaxvid.formats.registry.
    timing: jaxvid.records.Timing of all files; its duration is for a single file only.
    annotations: a file of annotations with each recording's duration and, where they differ, frame rate.
    file_prefix: text before the recording's name in each file name, such as ActivityNet's "v_".
    skip_bad: leave out files that cannot be used, with a warning, instead of an error.
    top: detections of a recording at most; None for all.
    plot: a picture (.png, .svg, .pdf) to draw of the best detections in the first recordings.

  Returns:
    Recording name -> its rows, as in the file's "results".

  Raises:
    FormatError, TimingError: a file cannot be used.
    CheckpointError: there is no such checkpoint.
    ValueError: `output` or `plot` cannot be written, or no file is left.
  """
  # Check all inputs.
  _check_outputs(output, plot)
  timing = timing or Timing()
  paths = _recording_files(input, file_prefix, timing)
  detector = Detector(workdir, checkpoint)
  timing = _with_contract(timing, input, detector.contract)
  usable = _usable_files(paths, timing, annotations, detector.contract, skip_bad)

  # Predict; keep the first recordings for the picture.
  results, drawn = [], []
  for record, found in tqdm(detector.run(usable), total=len(usable), desc="predict", unit="recording", leave=False):
    found = found.top(top)
    results.append((record["id"], *found))
    if len(drawn) < _NUM_DRAWN:
      drawn.append((record, found))

  # Write the submission and the picture.
  detections.write(output, results, detector.class_names)
  _LOG.info("%d detections in %d recording(s): %s", sum(len(labels) for *_, labels in results), len(results), output)
  if plot:
    _draw(plot, drawn, detector.class_names, len(results))
    _LOG.info("Timelines: %s", plot)
  return {name: activitynet_detections.rows(*found, detector.class_names) for name, *found in results}


def _check_outputs(output, plot):
  """Raises ValueError for paths that cannot be written; creates their folders."""
  for path in filter(None, (output, plot)):
    if pathlib.Path(path).is_dir():
      raise ValueError(f"{path}: a folder; name a file in it")
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
  registry.choose_writer(output)
  if plot and pathlib.Path(plot).suffix.lower() not in _PICTURES:
    raise ValueError(f"--plot={plot}: the picture's name must end in one of {', '.join(_PICTURES)}")


def _recording_files(input, prefix, timing):
  """Recording name -> file of its features."""
  path = pathlib.Path(input)
  if not path.is_dir():
    found = {path.stem: path}
  elif timing.duration is None:
    found = feature_files.find(path)
  else:
    raise TimingError(
      "duration: one recording's, but --input is a folder; give --annotations with the duration of each"
    )
  return {name.removeprefix(prefix): file for name, file in found.items()}


def _with_contract(timing, input, ours):
  """The timing completed by the contract beside the features. Raises FormatError if that differs from the model's."""
  path = pathlib.Path(input)
  folder = path if path.is_dir() else path.parent
  theirs = FeatureContract.of_folder(folder)
  if theirs is None:
    return timing
  file = folder / contract.FILE
  if differences := ours.differences(theirs):
    problem = f"other features than the model was trained on: {'; '.join(differences)} (model against these)"
    raise FormatError(file, "contract", problem, "Extract them with the model's settings.")
  return timing.merge(Timing(theirs.fps, theirs.feat_stride, theirs.num_frames), str(file))


def _usable_files(paths, timing, annotations, ours, skip_bad):
  """The files as FeatureFiles, each read and checked; a bad one raises its error, or is left out with `skip_bad`."""
  known = read_timings(annotations) if annotations else None
  usable = []
  for name, path in tqdm(paths.items(), desc="check", unit="file", leave=False, disable=len(paths) == 1):
    try:
      file = FeatureFile(name, path, timing)
      if known is not None:
        file = file.with_timing(known, annotations)
      FeatureFiles([file], ours)[0]  # Reads and checks the file.
      usable.append(file)
    except (FormatError, TimingError) as error:
      if not skip_bad:
        if len(paths) > 1:
          error.add_note("--skip_bad leaves out such files.")
        raise
      _LOG.warning("left out: %s", error)
  if not usable:
    raise ValueError("no file can be used; run without --skip_bad to see the first error")
  return usable


def _draw(path, drawn, class_names, num_recordings):
  """Draws the timelines of the records and Detections in `drawn`."""
  from jaxvid.viz import timeline  # Here, not above: matplotlib is slow to import.

  panels = []
  for record, found in drawn:
    scores = found.scores.astype(float)
    shown = np.flatnonzero(scores >= _WEAKEST_DRAWN * scores.max(initial=0))[:_NUM_DETECTIONS_DRAWN]
    panels.append(
      timeline.Timeline(
        id=record["id"],
        duration=record["duration"],
        truth_segments=None,
        truth_labels=None,
        segments=found.segments.astype(float)[shown],
        scores=scores[shown],
        labels=found.labels.astype(int)[shown],
        num_found=len(scores),
      )
    )
  if not class_names:
    class_names = [f"class {label}" for label in range(1 + max([0, *(int(p.labels.max(initial=0)) for p in panels)]))]
  title = f"The first {len(drawn)} of {num_recordings} recordings" if num_recordings > len(drawn) else None
  timeline.draw(path, panels, class_names, title)
