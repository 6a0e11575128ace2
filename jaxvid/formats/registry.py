"""The formats of annotations and detections: a file of this folder is a format, and this module chooses one.

NAME_annotations.py defines `read(path) -> jaxvid.formats.annotations.Container`, NAME_detections.py defines
`read(path) -> jaxvid.formats.detections.Submission`. Both have SUFFIXES, the endings of their files in lower case, and
`recognizes(path) -> bool` if other formats have the same ending. Files that no format claims go to ActivityNet's.
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
  """Names of the formats, in alphabetical order."""
  modules = (module.name for module in pkgutil.iter_modules(jaxvid.formats.__path__))
  return sorted(name.removesuffix(f"_{kind}") for name in modules if name.endswith(f"_{kind}"))


def choose(kind: Literal["annotations", "detections"], path: str | os.PathLike) -> ModuleType:
  """The module that reads a file: chosen by its ending, and by `recognizes` if several formats have that ending."""
  suffix = Path(path).suffix.lower()
  modules = {name: importlib.import_module(f"jaxvid.formats.{name}_{kind}") for name in names(kind)}
  default = modules.pop(_DEFAULT)
  candidates = [module for module in modules.values() if suffix in module.SUFFIXES]
  alone = len(candidates) == 1 and suffix not in default.SUFFIXES
  return next((module for module in candidates if alone or module.recognizes(Path(path))), default)
