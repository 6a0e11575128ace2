"""JSON files decoded into types; errors name the place by its path inside the file."""

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
  """Decodes a JSON file into a type. Keys that the type lacks are ignored; numbers may be written as strings.

  Args:
    path: of the file. NaN and Infinity, which Python writes though JSON lacks them, are read as numbers.
    type: a msgspec.Struct, or any other type that msgspec knows.
    form: what such a file looks like, for messages: '{"results": {RECORDING: [...]}}'.
    remedy: what to do about a file of another form, for messages.

  Raises:
    FormatError: the file cannot be read, is not JSON, or has another form; the message says where.
  """
  data = _bytes(path)
  try:
    return msgspec.json.decode(data, type=type, strict=False)
  except msgspec.MsgspecError:
    # Again with json: slower, but it takes NaN, and an error's place is found in its values.
    content = _parse(path, data)
  try:
    return msgspec.convert(content, type, strict=False)
  except msgspec.ValidationError as error:
    place, problem = explain(content, type, error)
    raise FormatError(path, place or "content", f"{problem}; the file should be {form}", remedy) from None


def explain(content: Any, type: Any, error: msgspec.ValidationError) -> tuple[str, str]:
  """Place and problem of an error of msgspec, in words: (path inside `content`, "" for the whole; problem).

  Args:
    content: result of json.loads; it is changed.
    type: the type that `content` was converted to.
    error: of that conversion. Its own path lacks the keys of dicts.
  """
  message, _, path = str(error).partition(" - at `$")
  steps = list(_full_steps(content, type, path.rstrip("`")))
  if found := _MISSING.fullmatch(message):
    return _path([*steps, found[1]]), "missing"
  if found := _EXPECTED.fullmatch(message):
    wanted, got = (" or ".join(_WORDS.get(word, word) for word in words.split(" | ")) for words in found.groups())
    message = f"must be {wanted}, not {got}"
  elif found := _LENGTH.fullmatch(message):
    message = f"must have {found[1]} values, not {found[2]}"
  return _path(steps), message


def _bytes(path):
  """The content of a file."""
  try:
    return Path(path).read_bytes()
  except FileNotFoundError:
    raise FormatError(path, "file", "no such file", "Check the path.") from None
  except OSError as error:
    raise FormatError(path, "file", f"not readable ({error.strerror})", "Check the path.") from None


def _parse(path, data):
  """The JSON values in the content of a file."""
  try:
    return json.loads(data)
  except json.JSONDecodeError as error:
    if Path(path).suffix.lower() in _TABLES:
      raise FormatError(path, "file", "a table or text", "JSON is expected here.") from None
    place, problem = f"line {error.lineno}, column {error.colno}", f"not readable as JSON ({error.msg})"
    raise FormatError(path, place, problem, REMEDY) from None
  except (UnicodeDecodeError, RecursionError) as error:
    raise FormatError(path, "file", f"not readable as JSON ({error})", REMEDY) from None


def _full_steps(content, type, path) -> Iterator[str | int]:
  """The keys and indices of a msgspec path, in order; `[...]` is replaced by the dict's key.

  To find it, the dict is cut down to one entry after the other, until the conversion fails again.
  """
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
  """Keys and indices as one path: database.video_1.annotations[3]."""
  text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
  return text.removeprefix(".")
