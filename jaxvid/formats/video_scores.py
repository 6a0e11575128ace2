"""Class scores of whole recordings, from a classifier.

The file is a JSON object of recordings, alone or under "results", each with one of
  * a list of numbers, one for each class, in the order of the names in the file's "class" (as in
    cuhk_val_simp_share.json), or without it in the order of the annotations' class ids;
  * [{"label": NAME, "score": p}, ...], ActivityNet's form for classification;
  * {NAME: p, ...};
  * {"class": NAME, "score": p}, for a single class.
"""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import msgspec

from jaxvid.formats import json_files
from jaxvid.formats.errors import FormatError

_REMEDY = "docs/evaluation.md lists the forms."


@dataclasses.dataclass(frozen=True)
class VideoScores:
  """The scores of a file.

  Attributes:
    order: class names in the order of the lists of numbers; None if the file has no such names.
    scores: recording name -> {class name: score}, or a list of numbers.
  """

  order: tuple[str, ...] | None
  scores: Mapping[str, dict[str, float] | list[float]]

  def classes(self) -> set[str]:
    """All class names in the file."""
    named = {name for scores in self.scores.values() if isinstance(scores, dict) for name in scores}
    return named.union(self.order or ())


class _ClassScore(msgspec.Struct):
  """An item of ActivityNet's form."""

  label: str
  score: float


class _KnownClass(msgspec.Struct):
  """A recording with a single class."""

  name: str = msgspec.field(name="class")
  score: float


def read(path: str | os.PathLike) -> VideoScores:
  """Reads a file of scores, in any of the forms above.

  Raises:
    FormatError: the file has another form; the message names the recording.
  """
  content = json_files.read(path, dict[str, Any], "scores of classes for each recording", _REMEDY)
  inside = "results" in content
  results = content["results"] if inside else content
  if not isinstance(results, dict):
    raise FormatError(path, "results", "must be an object {...} of recordings", _REMEDY)
  order = _convert(path, "class", content.get("class"), tuple[str, ...] | None) if inside else None
  places = {name: f"results.{name}" if inside else name for name in results}
  return VideoScores(order, {name: _scores(path, places[name], entry) for name, entry in results.items()})


def _scores(path: str | os.PathLike, place: str, entry: Any) -> dict[str, float] | list[float]:
  """The scores of one recording, in any of the forms above."""
  if isinstance(entry, dict) and "class" in entry:
    known = _convert(path, place, entry, _KnownClass)
    return {known.name: known.score}
  if isinstance(entry, dict):
    return _convert(path, place, entry, dict[str, float])
  if isinstance(entry, list) and entry and isinstance(entry[0], dict):
    return {row.label: row.score for row in _convert(path, place, entry, list[_ClassScore])}
  return _convert(path, place, entry, list[float])


def _convert(path: str | os.PathLike, place: str, value: Any, type: Any) -> Any:
  """The value as `type`; what does not fit is a FormatError at `place`."""
  try:
    return msgspec.convert(value, type, strict=False)
  except msgspec.ValidationError as error:
    inside, problem = json_files.explain(value, type, error)
    raise FormatError(path, f"{place}.{inside}".replace(".[", "[").rstrip("."), problem, _REMEDY) from None
