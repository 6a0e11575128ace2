"""The videos that a user points at: a file, or a folder of them."""

import os
import pathlib

from jaxvid.video.container import SUFFIXES
from jaxvid.video.errors import VideoError


def find(path: str | os.PathLike) -> list[pathlib.Path]:
  """The file itself, whatever its name, or the videos directly in a folder, in the order of their names.

  Raises:
    VideoError: the folder has none, or two whose names differ in their endings alone.
  """
  path = pathlib.Path(path)
  if not path.is_dir():
    return [path]
  found = {}
  for file in sorted(path.iterdir()):
    if file.suffix.lower() not in SUFFIXES:
      continue
    if file.stem in found:
      problem = f"{found[file.stem].name} and {file.name} would have one name in the output"
      raise VideoError(str(path), problem, "Rename one of them.")
    found[file.stem] = file
  if not found:
    raise VideoError(str(path), "no video files in it", f"Their names end in {', '.join(SUFFIXES)}.")
  return list(found.values())
