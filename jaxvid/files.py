"""Writing files so that a reader, or a kill in mid-writing, never meets half of one."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[pathlib.Path]:
  """A temporary path, with the same ending, to write to: at the end of a `with` that succeeds it becomes `path`."""
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
  try:
    yield temporary
    os.replace(temporary, path)
  finally:
    temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
  """Replaces the file, or makes it with its folder, in one step."""
  with replacing(path) as temporary:
    temporary.write_text(text)


def write_json(path: str | os.PathLike, values: Any) -> None:
  """Plain values as indented JSON."""
  write_text(path, json.dumps(values, indent=1) + "\n")
