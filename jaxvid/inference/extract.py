"""The features of a video file or of a folder of them, as files."""

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

# Frame rates that count as one: an average over a file is not exact. 29.97 and 30 are not.
_SAME = 5e-4


@dataclasses.dataclass(frozen=True)
class Extracted:
  """What became of the videos.

  Attributes:
    written: files written now.
    there: files that were there already.
    left_out: videos that could not be decoded.
    steps: of the files written now, together.
  """

  written: int
  there: int
  left_out: int
  steps: int


def extract(
  extractor: FeatureExtractor, input: str | os.PathLike, output: str | os.PathLike, *, skip_bad: bool = False
) -> Extracted:
  """Writes OUTPUT/NAME.npy, (T, C) float32, for each video, and contract.json: what the command does.

  A file appears when it is complete. Videos that have one are not looked at again, so that a run that was stopped goes
  on where it was; a folder of features of another contract is refused.

  Args:
    extractor: see FeatureExtractor.
    input: a video file, or a folder of them.
    output: a folder, made where it is absent.
    skip_bad: leave out videos that cannot be decoded, with a warning.

  Raises:
    VideoError: a file cannot be decoded, there is none, or two have one name; says which, why, and what to do.
    ValueError: the folder has other features, or the videos differ in their frame rates.
  """
  folder = pathlib.Path(output)
  paths = {folder / f"{path.stem}.npy": path for path in video_files.find(input)}
  _check(folder, extractor.contract(None))
  missing = [target for target in paths if not target.exists()]
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
    raise VideoError(str(input), "every file in it was left out", "Without --skip_bad, the first error is told.")
  return Extracted(written, len(paths) - len(missing), len(missing) - written, steps)


def _check(folder, ours: FeatureContract, video: str = ""):
  """Refuses a folder of features of another contract; a frame rate of ours that is not known yet may be any."""
  file = folder / contract.FILE
  theirs = FeatureContract.of_folder(folder)
  if theirs is None:
    if any(folder.glob("*.npy")):
      raise ValueError(f"{folder}: has features, but no {contract.FILE} to tell what they are; give another --output")
    return
  if differences := dataclasses.replace(theirs, fps=ours.fps).differences(ours):
    raise ValueError(f"{file}: other features than these ({'; '.join(differences)}); give another --output")
  if ours.fps is not None and not (theirs.fps and math.isclose(theirs.fps, ours.fps, rel_tol=_SAME)):
    raise ValueError(
      f"{video or file}: fps: {ours.fps} here, {theirs.fps} in {file}; give one --target_fps for all videos, and "
      "another --output"
    )
