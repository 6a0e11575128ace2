"""Features of a dataset's recordings, from folders with one file a recording or from one HDF5 file of all."""

import collections
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import feature_files, hdf5_features
from jaxvid.formats.hdf5_features import Hdf5Features

T = TypeVar("T")
_SAMPLED = 32  # The dataset's dim is the most frequent of this many files.


class Features:
  """The features of named recordings.

  Args:
    sources: folders, or HDF5 files that have one array a recording; the steps of several are joined to one vector.
      Folders are searched one level down as well (HACS has a folder a subset).
    prefixes: what a file's name may have before the recording's name ("v_" for ActivityNet), in order of preference.
    suffix: what it has after it, before the ending.
  """

  def __init__(self, sources: Sequence[str | Path], prefixes: Sequence[str] = ("",), suffix: str = "") -> None:
    self._sources: list[_Hdf5 | _Folder] = [
      _Hdf5(path) if Path(path).suffix.lower() in hdf5_features.SUFFIXES else _Folder(path) for path in sources
    ]
    self._prefixes, self._suffix = prefixes, suffix

  def load(self, name: str) -> tuple[np.ndarray, str]:
    """The features of a recording, (T, C), and the file they are in, for messages.

    Raises:
      BadInput: a source lacks the recording, cannot be read, or disagrees with another about the number of steps.
    """
    parts = [source.load(self._key(source, name)) for source in self._sources]
    file = " + ".join(part.file for part in parts)
    if len({len(part.array) for part in parts}) > 1:
      steps = " and ".join(str(len(part.array)) for part in parts)
      raise BadInput(file, "features", f"{steps} steps cannot be joined", "Extract them with one stride.")
    return np.concatenate([part.array for part in parts], axis=1) if len(parts) > 1 else parts[0].array, file

  def shape(self, name: str) -> tuple[int, int]:
    """(T, C) of a recording; the values are read only where the format has no header."""
    shapes = [source.shape(self._key(source, name)) for source in self._sources]
    return shapes[0][0], sum(shape[1] for shape in shapes)

  def common_dim(self, names: Iterable[str]) -> int:
    """The most frequent dim C in a sample of the files. Files of another dim are refused when they are read.

    Raises:
      BadInput: none of the files can be read.
    """
    names = sorted(names)
    there = [name for name in names if all(self._key(source, name) in source for source in self._sources)]
    dims = collections.Counter()
    for name in there[:: -(-len(there) // _SAMPLED) or 1]:
      try:
        dims[self.shape(name)[1]] += 1
      except BadInput:
        continue
    if not dims:
      problem = f"no readable file of an annotated recording, such as {self._prefixes[0]}{names[0]}{self._suffix}.npy"
      raise BadInput(self._sources[0].path, "features", problem, "Give the folder of features; check --prefix.")
    return dims.most_common(1)[0][0]

  def _key(self, source: "_Hdf5 | _Folder", name: str) -> str:
    """What `source` calls a recording; of one that it lacks, what it would be called first."""
    keys = [f"{prefix}{name}{self._suffix}" for prefix in self._prefixes]
    return next((key for key in keys if key in source), keys[0])


@dataclasses.dataclass(frozen=True)
class _Part:
  """Features of one source, (T, C), and the file they are in, for messages."""

  array: np.ndarray
  file: str


class _Folder:
  """Files of one recording each."""

  def __init__(self, path: str | Path) -> None:
    self.path = Path(path)
    if not self.path.is_dir():
      raise BadInput(path, "features", "no folder, and no HDF5 file", "Give the folder of features.")
    self._files: dict[str, Path] = {}
    for folder in (self.path, *sorted(child for child in self.path.iterdir() if child.is_dir())):
      for name, file in _found(folder).items():
        if name in self._files:
          raise BadInput(file, "features", f"{self._files[name]} has the same name", "Keep one of them.")
        self._files[name] = file

  def __contains__(self, key: str) -> bool:
    return key in self._files

  def load(self, key: str) -> _Part:
    file = self._file(key)
    return _Part(_read(feature_files.load, file), str(file))

  def shape(self, key: str) -> tuple[int, int]:
    return _read(feature_files.shape, self._file(key))

  def _file(self, key: str) -> Path:
    if key not in self._files:
      file = self.path / f"{key}.npy"
      raise BadInput(file, "features", "no such file, though its recording is annotated", "Extract or copy it.")
    return self._files[key]


class _Hdf5:
  """One file of all recordings, with the functions of _Folder."""

  def __init__(self, path: str | Path) -> None:
    self.path, self._features = Path(path), Hdf5Features(path)

  def __contains__(self, key: str) -> bool:
    return key in self._features

  def load(self, key: str) -> _Part:
    return _Part(self._features.load(key), f"{self.path}: {key}")

  def shape(self, key: str) -> tuple[int, int]:
    return self._features.shape(key)


def _found(folder: Path) -> dict[str, Path]:
  """The feature files in a folder, none where there is none."""
  if not any(file.suffix.lower() in feature_files.SUFFIXES for file in folder.iterdir()):
    return {}
  return _read(feature_files.find, folder)


def _read(read: Callable[[Path], T], path: Path) -> T:
  """read(path), whose errors then say that it is about features."""
  try:
    return read(path)
  except BadInput as error:
    field = "features" if error.field in ("array", "file", "tensor") else f"features ({error.field})"
    raise BadInput(error.file, field, error.problem, error.remedy) from None
