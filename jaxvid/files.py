"""Writing files so that a reader, or a kill in mid-writing, never meets half of one."""

import json
import os
import pathlib
from typing import Any


def write_text(path: str | os.PathLike, text: str) -> None:
  """Replaces the file, or makes it with its folder, in one step."""
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  temporary = path.with_name(f".{path.name}.tmp")
  temporary.write_text(text)
  os.replace(temporary, path)


def write_json(path: str | os.PathLike, values: Any) -> None:
  """Plain values as indented JSON."""
  write_text(path, json.dumps(values, indent=1) + "\n")
