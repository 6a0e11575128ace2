"""Annotations in ActivityNet's container, as ActionFormer extends it with fps and label ids.

{"database": {RECORDING: {"subset": "Test", "duration": 33.7, "fps": 30.0,
                          "annotations": [{"label": "Diving", "label_id": 7, "segment": [0.2, 1.1]}, ...]}, ...}}

Times are seconds. ActivityNet's own files have neither fps nor label ids. A recording may also have "feat_stride" and
"num_frames", as our own files do. "fps", "feat_stride" and "num_frames" beside "database" are the defaults of all
recordings. Other keys are ignored.
"""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from jaxvid import files
from jaxvid.formats import json_files
from jaxvid.formats.annotations import Container, Entry

SUFFIXES = (".json",)
FORM = '{"database": {RECORDING: {"subset", "duration", "annotations": [{"label", "segment"}, ...]}, ...}}'


class _File(msgspec.Struct):
  """The whole file."""

  database: dict[str, Entry]
  fps: Any = None
  feat_stride: Any = None
  num_frames: Any = None


def read(path: str | os.PathLike) -> Container:
  """Reads a file in ActivityNet's container; recordings get the file's default timing where they have none.

  Raises:
    FormatError: the file cannot be read or has another form; the message says where.
  """
  found = json_files.read(path, _File, FORM, "Give annotations in ActivityNet's container.")
  for entry in found.database.values():
    for key in ("fps", "feat_stride", "num_frames"):
      if getattr(entry, key) is None:
        setattr(entry, key, getattr(found, key))
  return Container(str(path), found.database)


def write(path: str | os.PathLike, database: Mapping[str, Any], version: str) -> None:
  """Writes a file in ActivityNet's container.

  Args:
    path: of the file.
    database: recording -> its entry, in plain values.
    version: of the data.
  """
  files.write_json(path, {"version": version, "database": database})
