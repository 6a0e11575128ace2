"""Video files of an input: one file, or those in a folder."""

import os
import pathlib

from jaxvid.video.container import SUFFIXES
from jaxvid.video.errors import VideoError


def find(path: str | os.PathLike) -> list[pathlib.Path]:
  """The file itself, whatever its name, or the videos directly in a folder, sorted by name.

  Raises:
    VideoError: the folder has no videos, or two whose names differ only in their endings.
  """
  path = pathlib.Path(path)
  if not path.is_dir():
    return [path]
  found = {}
  for file in sorted(path.iterdir()):
    if file.suffix.lower() not in SUFFIXES:
      continue
    if file.stem in found:
      problem = f"{found[file.stem].name} and {file.name} would have the same name in the output"
      raise VideoError(str(path), problem, "Rename one of them.")
    found[file.stem] = file
  if not found:
    raise VideoError(str(path), "no video files in it", f"Give a folder with files that end in {', '.join(SUFFIXES)}.")
  return list(found.values())
