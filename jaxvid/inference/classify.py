"""Classifies a video file or a folder of them, and writes the classes."""

import logging
import os
from typing import Any

from jaxvid import files, progress
from jaxvid.inference import video_files
from jaxvid.inference.classifier import Classifier
from jaxvid.video.errors import VideoError

_LOG = logging.getLogger(__name__)


def classify(
  classifier: Classifier,
  input: str | os.PathLike,
  output: str | os.PathLike | None = None,
  *,
  start: float = 0.0,
  end: float | None = None,
  top: int = 5,
  skip_bad: bool = False,
) -> dict[str, list[dict[str, Any]]]:
  """The most probable classes of each video; `jaxvid predict` of recognition as a function.

  Args:
    classifier: a Classifier.
    input: a video file, or a folder of them.
    output: a .json file to write, in ActivityNet's format for classification; None writes nothing.
    start, end: part of each video to classify, seconds.
    top: number of classes for each video.
    skip_bad: leave out files that cannot be decoded, with a warning, instead of an error.

  Returns:
    File name without its ending -> [{"label": NAME, "score": probability}, ...], best first.

  Raises:
    VideoError: a file cannot be decoded, the folder has no video, or two videos have one name.
  """
  results = {}
  paths = video_files.find(input)
  for path in progress.bar(paths, desc="predict", unit="video", disable=len(paths) == 1):
    try:
      results[path.stem] = classifier(path, start, end, top)
    except VideoError as error:
      if not skip_bad:
        raise
      _LOG.warning("left out: %s", error)
  if not results:
    raise VideoError(str(input), "no file in it can be decoded", "Run without --skip_bad to see the first error.")
  if output:
    files.write_json(output, {"version": "1.0", "results": results})
    _LOG.info("%d video(s): %s", len(results), output)
  return results
