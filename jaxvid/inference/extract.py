"""Extracts the features of a video file or a folder of them into files."""

import dataclasses
import logging
import math
import os
import pathlib

import numpy as np

from jaxvid import files, progress
from jaxvid.formats import contract
from jaxvid.formats.contract import FeatureContract
from jaxvid.inference import video_files
from jaxvid.inference.extractor import FeatureExtractor
from jaxvid.video.decode import Video
from jaxvid.video.errors import VideoError

_LOG = logging.getLogger(__name__)

# Relative difference up to which two frame rates are the same; a file's average is inexact. 29.97 and 30 differ.
_FPS_TOLERANCE = 5e-4


@dataclasses.dataclass(frozen=True)
class ExtractionReport:
  """Counts of an extraction.

  Attributes:
    written: files written in this run.
    there: files of an earlier run, left as they are.
    left_out: videos that could not be decoded.
    steps: steps of features in the files of this run.
  """

  written: int
  there: int
  left_out: int
  steps: int


def extract(
  extractor: FeatureExtractor, input: str | os.PathLike, output: str | os.PathLike, *, skip_bad: bool = False
) -> ExtractionReport:
  """Writes OUTPUT/NAME.npy, (T, C) float32, for each video, and contract.json; `jaxvid extract` as a function.

  A file appears when it is complete. Videos that have one already are skipped, so that the same call continues after a
  stop.

  Args:
    extractor: a FeatureExtractor.
    input: a video file, or a folder of them.
    output: folder of the features; created if absent.
    skip_bad: leave out videos that cannot be decoded, with a warning, instead of an error.

  Raises:
    VideoError: a file cannot be decoded, the folder has no video, or two videos have one name.
    ValueError: the folder has features of another contract, or the videos have different frame rates.
  """
  # The videos without a file of features yet.
  folder = pathlib.Path(output)
  paths = {folder / f"{path.stem}.npy": path for path in video_files.find(input)}
  _check(folder, extractor.contract(None))
  missing = [target for target in paths if not target.exists()]

  # Extract each and write its file, the contract before the first.
  written = steps = 0
  for target in progress.bar(missing, desc="extract", unit="video", disable=len(missing) == 1):
    try:
      video = Video(paths[target])
      ours = extractor.contract(round(video.fps, 3))
      _check(folder, ours, str(paths[target]))
      features = extractor(video)
    except VideoError as error:
      if not skip_bad:
        raise
      _LOG.warning("left out: %s", error)
      continue
    if not (folder / contract.FILE).exists():
      files.write_json(folder / contract.FILE, ours.to_dict())
    with files.replacing(target) as temporary:
      np.save(temporary, features)
    written, steps = written + 1, steps + len(features)
  if missing and not written:
    raise VideoError(str(input), "no file in it can be decoded", "Run without --skip_bad to see the first error.")
  return ExtractionReport(written, len(paths) - len(missing), len(missing) - written, steps)


def _check(folder, ours: FeatureContract, video: str = ""):
  """Raises ValueError if the folder has features of another contract; an fps of None in `ours` fits any."""
  file = folder / contract.FILE
  theirs = FeatureContract.of_folder(folder)
  if theirs is None:
    if any(folder.glob("*.npy")):
      raise ValueError(f"{folder}: features, but no {contract.FILE} that says what they are; give another --output")
    return
  if differences := dataclasses.replace(theirs, fps=ours.fps).differences(ours):
    raise ValueError(f"{file}: features of another contract ({'; '.join(differences)}); give another --output")
  if ours.fps is not None and not (theirs.fps and math.isclose(theirs.fps, ours.fps, rel_tol=_FPS_TOLERANCE)):
    raise ValueError(
      f"{video or file}: fps: {ours.fps} here, {theirs.fps} in {file}; give one --target_fps for all videos, and "
      "another --output"
    )
