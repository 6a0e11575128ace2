"""Finds the configurations and studies that come with jaxvid by their names, such as `thumos_sgp:smoke`.

A path of an existing file is taken as it is.
"""

import pathlib

from jaxvid import command

CONFIGS = pathlib.Path(__file__).parent / "configs"
STUDIES = CONFIGS / "studies"


def configuration(name: str) -> str:
  """The file and variant, FILE.py or FILE.py:VARIANT, that --config=NAME means.

  Args:
    name: path of a file, or name of a configuration of jaxvid, with or without "configs/" and ".py"; a variant may
      follow after a colon.

  Raises:
    ValueError: there is neither; names the nearest configuration.
  """
  file, colon, variant = name.partition(":")
  return f"{_find(file, CONFIGS, 'configuration')}{colon}{variant}"


def study(name: str) -> str:
  """The file that --study=NAME means; NAME is a file's path or the name of a study of jaxvid."""
  return _find(name, STUDIES, "study")


def _find(name: str, folder: pathlib.Path, what: str) -> str:
  """The path of a file, or of the file in `folder` with this name; ValueError if there is neither."""
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
