"""Video files and published lists in folders, for the readers of datasets of clips."""

from pathlib import Path

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.video.container import SUFFIXES


def all_video_files(folder: str | Path) -> list[Path]:
  """The video files in a folder and below.

  Raises:
    BadInput: there is none.
  """
  folder = Path(folder)
  if not folder.is_dir():
    raise BadInput(folder, "videos", "no such folder", "Check the path.")
  found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
  found = [path for path in found if path.is_file()]
  if not found:
    raise BadInput(folder, "videos", f"no file that ends in {', '.join(SUFFIXES)}", "Check the path.")
  return sorted(found)


def video_files(folder: str | Path) -> dict[str, Path]:
  """dict of file name without ending -> path, in a folder and below; of several alike, the first path."""
  found: dict[str, Path] = {}
  for path in all_video_files(folder):
    found.setdefault(path.stem, path)
  return found


def file_beside(source: str | Path, name: str) -> Path:
  """SOURCE/NAME, or the one file of that name below SOURCE."""
  found = sorted(Path(source).rglob(name))
  if not found:
    raise BadInput(source, name, "no such file in it", "Give the folder of the published lists as --source.")
  return found[0]
