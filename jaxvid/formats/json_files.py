"""JSON files, decoded into types; what does not fit is named by its path in the file."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from jaxvid.formats.errors import FormatError

T = TypeVar("T")
REMEDY = "Copy or download the file again."
_TABLES = (".csv", ".tsv", ".txt")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+|\.\.\.)\]")  # Of msgspec's paths: $.database[...].fps
_EXPECTED = re.compile(r"Expected `(.+?)`, got `(.+?)`")
_LENGTH = re.compile(r"Expected `array` of length (\d+), got (\d+)")
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_WORDS = {
  "object": "an object {...}",
  "array": "a list [...]",
  "str": "a text",
  "int": "a whole number",
  "float": "a number",
  "bool": "true or false",
  "null": "null",
}


def read(path: str | os.PathLike, type: type[T], form: str, remedy: str = REMEDY) -> T:
  """Decodes a file. Keys that the type does not have are left aside, numbers may be written as texts.

  Args:
    path: of the file. NaN and Infinity, which Python writes and JSON does not know, are read as numbers.
    type: a msgspec.Struct, or any other type that msgspec knows.
    form: how such a file looks, for messages: '{"results": {RECORDING: [...]}}'.
    remedy: what to do about a file of another form.

  Raises:
    FormatError: the file cannot be read, is no JSON, or is of another form; says where.
  """
  data = _bytes(path)
  try:
    return msgspec.json.decode(data, type=type, strict=False)
  except msgspec.MsgspecError:  # The way that takes NaN, and finds the place of what is wrong.
    content = _loaded(path, data)
  try:
    return msgspec.convert(content, type, strict=False)
  except msgspec.ValidationError as error:
    place, problem = explained(content, type, error)
    raise FormatError(path, place or "content", f"{problem}; the file should be {form}", remedy) from None


def explained(content: Any, type: Any, error: msgspec.ValidationError) -> tuple[str, str]:
  """The path in `content` of what the error is about, "" for the whole, and the problem in words.

  Args:
    content: of json.loads; it is changed.
    type: what it could not be converted to.
    error: of msgspec, whose path leaves out the keys of dicts.
  """
  message, _, path = str(error).partition(" - at `$")
  steps = list(_resolved(content, type, path.rstrip("`")))
  if found := _MISSING.fullmatch(message):
    return _path([*steps, found[1]]), "missing"
  if found := _EXPECTED.fullmatch(message):
    wanted, got = (" or ".join(_WORDS.get(word, word) for word in words.split(" | ")) for words in found.groups())
    message = f"must be {wanted}, not {got}"
  elif found := _LENGTH.fullmatch(message):
    message = f"must have {found[1]} values, not {found[2]}"
  return _path(steps), message


def _bytes(path):
  try:
    return Path(path).read_bytes()
  except FileNotFoundError:
    raise FormatError(path, "file", "no such file", "Check the path.") from None
  except OSError as error:
    raise FormatError(path, "file", f"not readable ({error.strerror})", "Check the path.") from None


def _loaded(path, data):
  try:
    return json.loads(data)
  except json.JSONDecodeError as error:
    if Path(path).suffix.lower() in _TABLES:
      raise FormatError(path, "file", "a table or text", "JSON is expected here.") from None
    place, problem = f"line {error.lineno}, column {error.colno}", f"not readable as JSON ({error.msg})"
    raise FormatError(path, place, problem, REMEDY) from None
  except (UnicodeDecodeError, RecursionError) as error:
    raise FormatError(path, "file", f"not readable as JSON ({error})", REMEDY) from None


def _resolved(content, type, path) -> Iterator[str | int]:
  """The steps of a path of msgspec, with the keys that it writes as [...]: those whose value alone is refused too."""
  root = {"": content}
  holder, last = root, ""
  for found in _STEP.finditer(path):
    inside, step = holder[last], found["name"] or found["index"]
    if step == "...":
      for step, value in inside.items():  # noqa: B007
        holder[last] = {step: value}
        try:
          msgspec.convert(root[""], type, strict=False)
        except msgspec.ValidationError:
          break
      inside = holder[last]
    elif found["index"]:
      step = int(step)
    holder, last = inside, step
    yield step


def _path(steps):
  text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
  return text.removeprefix(".")
