"""Writes files in one step, so that a reader never sees half a file, even after a kill."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[pathlib.Path]:
  """Gives a temporary path with the same ending to write to; it becomes `path` at the end of a `with` that succeeds."""
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
  try:
    yield temporary
    os.replace(temporary, path)
  finally:
    temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
  """Writes a text file in one step; makes its folder if absent."""
  with replacing(path) as temporary:
    temporary.write_text(text)


def write_json(path: str | os.PathLike, values: Any) -> None:
  """Writes plain values as indented JSON, in one step."""
  write_text(path, json.dumps(values, indent=1) + "\n")
