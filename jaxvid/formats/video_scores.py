"""Scores that a classifier gives the classes of whole recordings.

The file is a JSON object of recordings, alone or under "results", each with one of
  * a list of numbers, one a class, in the order of the file's "class" (a list of names, as in cuhk_val_simp_share.json)
    or else of the annotations' class ids;
  * [{"label": NAME, "score": p}, ...], ActivityNet's form for classification;
  * {NAME: p, ...};
  * {"class": NAME, "score": p}, where one class is known.
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
  """What a file says.

  Attributes:
    order: names of the classes of lists of numbers; None where the file has none.
    scores: recording -> name of a class -> score, or a list of numbers.
  """

  order: tuple[str, ...] | None
  scores: Mapping[str, dict[str, float] | list[float]]

  def classes(self) -> set[str]:
    """All names of classes in it."""
    named = {name for scores in self.scores.values() if isinstance(scores, dict) for name in scores}
    return named.union(self.order or ())


class _Scored(msgspec.Struct):
  label: str
  score: float


class _Known(msgspec.Struct):
  name: str = msgspec.field(name="class")
  score: float


def read(path: str | os.PathLike) -> VideoScores:
  """Reads a file of one of the forms above.

  Raises:
    FormatError: it is of none of them; names the recording.
  """
  content = json_files.read(path, dict[str, Any], "scores of classes for each recording", _REMEDY)
  inside = "results" in content
  results = content["results"] if inside else content
  if not isinstance(results, dict):
    raise FormatError(path, "results", "must be an object {...} of recordings", _REMEDY)
  order = _converted(path, "class", content.get("class"), tuple[str, ...] | None) if inside else None
  places = {name: f"results.{name}" if inside else name for name in results}
  return VideoScores(order, {name: _scores(path, places[name], entry) for name, entry in results.items()})


def _scores(path: str | os.PathLike, place: str, entry: Any) -> dict[str, float] | list[float]:
  if isinstance(entry, dict) and "class" in entry:
    known = _converted(path, place, entry, _Known)
    return {known.name: known.score}
  if isinstance(entry, dict):
    return _converted(path, place, entry, dict[str, float])
  if isinstance(entry, list) and entry and isinstance(entry[0], dict):
    return {row.label: row.score for row in _converted(path, place, entry, list[_Scored])}
  return _converted(path, place, entry, list[float])


def _converted(path: str | os.PathLike, place: str, value: Any, type: Any) -> Any:
  try:
    return msgspec.convert(value, type, strict=False)
  except msgspec.ValidationError as error:
    inside, problem = json_files.explained(value, type, error)
    raise FormatError(path, f"{place}.{inside}".replace(".[", "[").rstrip("."), problem, _REMEDY) from None
