"""Detections in ActivityNet's submission format, and in EPIC-Kitchens' C2 format.

{"version": "1.0", "results": {RECORDING: [{"label": NAME, "segment": [start, end], "score": x}, ...], ...}}

In EPIC-Kitchens' format a detection has "verb", "noun" and "action" instead of "label". Other keys are ignored.
"""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from jaxvid import files
from jaxvid.formats import json_files
from jaxvid.formats.detections import Submission
from jaxvid.formats.errors import FormatError

SUFFIXES = (".json",)
_FORM = '{"results": {RECORDING: [{"label", "segment", "score"}, ...], ...}}, ActivityNet\'s submission format'
_EPIC = ("verb", "noun", "action")


class _Detection(msgspec.Struct, gc=False):  # gc=False: collecting garbage among millions would double the time.
  """One detection; msgspec.UNSET for a key that it lacks."""

  segment: tuple[float, float]
  score: float
  label: Any = msgspec.UNSET
  verb: Any = msgspec.UNSET
  noun: Any = msgspec.UNSET
  action: Any = msgspec.UNSET


class _File(msgspec.Struct):
  """The whole file."""

  results: dict[str, list[_Detection]]


def read(path: str | os.PathLike) -> Submission:
  """Reads a file of detections. The keys of the first detection tell which of the two formats it is.

  Raises:
    FormatError: the file has another form, or a segment or score is not finite; the message names the detection.
  """
  results = json_files.read(path, _File, _FORM).results
  found = [detection for detections in results.values() for detection in detections]
  # As columns, in the labels of ActivityNet or of EPIC-Kitchens.
  first = found[0] if found else None
  is_epic = first is not None and first.verb is not msgspec.UNSET and first.label is msgspec.UNSET
  submission = Submission(
    source=str(path),
    counts={name: len(detections) for name, detections in results.items()},
    segments=np.array([detection.segment for detection in found], float).reshape(-1, 2),
    scores=np.array([detection.score for detection in found], float),
    labels={key: [getattr(detection, key) for detection in found] for key in (_EPIC if is_epic else ("label",))},
  )
  # JSON has no NaN, but Python writes it.
  for what, values in (("segment", submission.segments), ("score", submission.scores[:, None])):
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
      index = int(np.argmin(finite))
      place, problem = f"{submission.place(index)}.{what}", f"{getattr(found[index], what)} is not finite"
      raise FormatError(path, place, problem, "Leave the detection out, or correct it.")
  return submission


def write(
  path: str | os.PathLike,
  recordings: Iterable[tuple[str, np.ndarray, np.ndarray, np.ndarray]],
  class_names: Sequence[str],
) -> None:
  """Writes a file in ActivityNet's format, a line for each recording.

  Args:
    path: of the file.
    recordings: for each its name, segments (D, 2) in seconds, scores (D,) and labels (D,), integers.
    class_names: label k is class_names[k]; if empty, the integers are written.
  """
  lines = (f"{json.dumps(name)}: {json.dumps(rows(*found, class_names))}" for name, *found in recordings)
  files.write_text(path, '{"version": "1.0", "results": {\n' + ",\n".join(lines) + "\n}}\n")


def rows(
  segments: np.ndarray, scores: np.ndarray, labels: np.ndarray, class_names: Sequence[str]
) -> list[dict[str, Any]]:
  """The D detections of a recording as the format's JSON objects; arguments as in `write`."""
  columns = (np.asarray(column).tolist() for column in (segments, scores, labels))
  return [
    {"label": class_names[label] if class_names else label, "segment": segment, "score": score}
    for segment, score, label in zip(*columns, strict=True)
  ]
