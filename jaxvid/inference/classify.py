"""The most probable classes of a video file or a folder of them."""

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
  """The best classes of each video: what the command does.

  Args:
    classifier: see Classifier.
    input: a video file, or a folder of them.
    output: a .json file in ActivityNet's format for classification, or None.
    start, end: of the part to look at, in seconds.
    top: how many classes a video.
    skip_bad: leave out files that cannot be decoded, with a warning.

  Returns:
    File name without its ending -> [{"label": NAME, "score": x}, ...], best first.

  Raises:
    VideoError: a file cannot be decoded, there is none, or two have one name; says which, why, and what to do.
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
    raise VideoError(str(input), "every file in it was left out", "Without --skip_bad, the first error is told.")
  if output:
    files.write_json(output, {"version": "1.0", "results": results})
    _LOG.info("%d video(s): %s", len(results), output)
  return results
