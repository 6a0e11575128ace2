"""Detections in ActivityNet's submission format.

{"version": "1.0", "results": {RECORDING: [{"label": NAME, "segment": [start, end], "score": x}, ...], ...}}
"""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from jaxvid import files


def write(
  path: str | os.PathLike,
  recordings: Iterable[tuple[str, np.ndarray, np.ndarray, np.ndarray]],
  class_names: Sequence[str],
) -> None:
  """Writes a file, a line a recording.

  Args:
    path: of the file.
    recordings: of each its name, segments (D, 2) in seconds, scores (D,), and labels (D,), whole numbers.
    class_names: label k is class_names[k]; where there are none, the numbers are written.
  """
  lines = (f"{json.dumps(name)}: {json.dumps(rows(*found, class_names))}" for name, *found in recordings)
  files.write_text(path, '{"version": "1.0", "results": {\n' + ",\n".join(lines) + "\n}}\n")


def rows(
  segments: np.ndarray, scores: np.ndarray, labels: np.ndarray, class_names: Sequence[str]
) -> list[dict[str, Any]]:
  """The D detections of a recording as the format's objects; arguments as in `write`."""
  columns = (np.asarray(column).tolist() for column in (segments, scores, labels))
  return [
    {"label": class_names[label] if class_names else label, "segment": segment, "score": score}
    for segment, score, label in zip(*columns, strict=True)
  ]
