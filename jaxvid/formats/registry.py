"""The formats of annotations and detections: a file of this folder is a format, and this module chooses one.

NAME_annotations.py defines `read(path) -> jaxvid.formats.annotations.Container`. NAME_detections.py defines
`read(path) -> jaxvid.formats.detections.Submission`, `write(path, recordings, class_names)` as
jaxvid.formats.detections.write, or both. All have SUFFIXES, the endings of their files in lower case, and those that
read have `recognizes(path) -> bool` if other formats have the same ending. Files to be read that no format claims go to
ActivityNet's.
"""

import importlib
import os
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Literal

import jaxvid.formats

Kind = Literal["annotations", "detections"]

_DEFAULT = "activitynet"


def names(kind: Kind) -> list[str]:
  """Names of the formats, in alphabetical order."""
  modules = (module.name for module in pkgutil.iter_modules(jaxvid.formats.__path__))
  return sorted(name.removesuffix(f"_{kind}") for name in modules if name.endswith(f"_{kind}"))


def choose(kind: Kind, path: str | os.PathLike) -> ModuleType:
  """The module that reads a file: chosen by its ending, and by `recognizes` if several formats have that ending."""
  suffix = Path(path).suffix.lower()
  modules = _modules(kind)
  default = modules.pop(_DEFAULT)
  candidates = [module for module in modules.values() if suffix in module.SUFFIXES and hasattr(module, "read")]
  alone = len(candidates) == 1 and suffix not in default.SUFFIXES
  return next((module for module in candidates if alone or module.recognizes(Path(path))), default)


def choose_writer(path: str | os.PathLike) -> ModuleType:
  """The module that writes detections to a file: chosen by its ending; ActivityNet's if there is none.

  Raises:
    ValueError: no format with this ending is written; lists the endings.
  """
  suffix = Path(path).suffix.lower()
  modules = {name: module for name, module in _modules("detections").items() if hasattr(module, "write")}
  if not suffix:
    return modules[_DEFAULT]
  for module in modules.values():
    if suffix in module.SUFFIXES:
      return module
  known = ", ".join(sorted({ending for module in modules.values() for ending in module.SUFFIXES}))
  raise ValueError(f"{path}: detections cannot be written as {suffix}; name a file that ends in {known}")


def _modules(kind: Kind) -> dict[str, ModuleType]:
  return {name: importlib.import_module(f"jaxvid.formats.{name}_{kind}") for name in names(kind)}
