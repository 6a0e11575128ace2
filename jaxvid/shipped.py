"""Configurations and studies that come with jaxvid, found by their names: `thumos_sgp:smoke`, wherever jaxvid is used.

A file that exists wins over a name.
"""

import pathlib

from jaxvid import command

CONFIGS = pathlib.Path(__file__).parent / "configs"
STUDIES = CONFIGS / "studies"


def configuration(name: str) -> str:
  """The file and variant, FILE.py or FILE.py:VARIANT, that --config=NAME means.

  Args:
    name: a file's path, or the name of a configuration of jaxvid, with or without "configs/" and ".py"; each may be
      followed by a colon and a variant.

  Raises:
    ValueError: neither is there; names the nearest one.
  """
  file, colon, variant = name.partition(":")
  return f"{_find(file, CONFIGS, 'configuration')}{colon}{variant}"


def study(name: str) -> str:
  """The file that --study=NAME means: a file's path, or the name of a study of jaxvid."""
  return _find(name, STUDIES, "study")


def _find(name: str, folder: pathlib.Path, what: str) -> str:
  if pathlib.Path(name).is_file():
    return name
  prefix = pathlib.Path(*folder.parts[folder.parts.index("configs", -2) :])
  path = pathlib.PurePath(name)
  inside = path.relative_to(prefix) if path.is_relative_to(prefix) else path
  found = folder / inside.with_suffix(".py")
  if len(inside.parts) == 1 and inside.suffix in ("", ".py") and found.is_file():
    return str(found)
  names = sorted(file.stem for file in folder.glob("[a-z]*.py"))
  remedy = command.did_you_mean(inside.stem, names) or f"; there are: {', '.join(names)}"
  raise ValueError(f"{name}: no such file, and no {what} of jaxvid{remedy}")
