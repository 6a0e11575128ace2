"""A file is a format: which module of this room reads a file.

NAME_annotations.py defines `read(path) -> jaxvid.formats.annotations.Container`, NAME_detections.py defines
`read(path) -> jaxvid.formats.detections.Submission`. Both have SUFFIXES, the endings of their files, lower case, and
`recognizes(path) -> bool` where other formats have the same endings. ActivityNet's formats take what no other knows.
"""

import importlib
import os
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Literal

import jaxvid.formats

_DEFAULT = "activitynet"


def names(kind: Literal["annotations", "detections"]) -> list[str]:
  """The formats there are, in alphabetical order."""
  modules = (module.name for module in pkgutil.iter_modules(jaxvid.formats.__path__))
  return sorted(name.removesuffix(f"_{kind}") for name in modules if name.endswith(f"_{kind}"))


def choose(kind: Literal["annotations", "detections"], path: str | os.PathLike) -> ModuleType:
  """The module of the format that a file has, by its ending, and by its content where several have the ending."""
  suffix = Path(path).suffix.lower()
  modules = {name: importlib.import_module(f"jaxvid.formats.{name}_{kind}") for name in names(kind)}
  default = modules.pop(_DEFAULT)
  candidates = [module for module in modules.values() if suffix in module.SUFFIXES]
  alone = len(candidates) == 1 and suffix not in default.SUFFIXES
  return next((module for module in candidates if alone or module.recognizes(Path(path))), default)
