"""Features of many recordings in one HDF5 file: for each recording a dataset, or a group with a single dataset."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid.formats.errors import FormatError

SUFFIXES = (".h5", ".hdf5")


class Hdf5Features:
  """Features in an HDF5 file, by recording name; `name in features` tells whether a recording is there.

  Args:
    path: of the file.

  Raises:
    FormatError: the file cannot be read, or h5py is not installed.
  """

  def __init__(self, path: str | os.PathLike) -> None:
    try:
      import h5py  # Here, not above: an optional package.
    except ImportError:
      raise FormatError(path, "features", "HDF5 needs h5py, which is not installed", "pip install h5py") from None
    self.path = Path(path)
    try:
      self._file = h5py.File(path, "r")
    except OSError as error:
      raise FormatError(path, "features", f"not readable as HDF5 ({error})", "Copy or download it again.") from None
    self._names = set(self._file)

  def __contains__(self, name: str) -> bool:
    return name in self._names

  def load(self, name: str) -> np.ndarray:
    """Features of a recording, (T, C).

    Raises:
      FormatError: the recording is missing, or its array does not have two axes.
    """
    try:
      return self._dataset(name)[()]
    except OSError as error:
      raise FormatError(self.path, name, f"not readable ({error})", "Copy or download the file again.") from None

  def shape(self, name: str) -> tuple[int, int]:
    """(T, C) of a recording, without reading the values; raises as `load` does."""
    return self._dataset(name).shape

  def _dataset(self, name: str) -> Any:
    """The h5py.Dataset of a recording."""
    if name not in self._names:
      raise FormatError(self.path, name, "not in the file, though its recording is annotated", "Extract or copy it.")
    item = self._file[name]
    while hasattr(item, "keys") and len(item) == 1:
      item = next(iter(item.values()))
    if hasattr(item, "keys"):
      raise FormatError(self.path, name, f"holds {', '.join(item)}, not one array", "Keep the features alone in it.")
    if len(item.shape) != 2:
      raise FormatError(self.path, name, f"shape {item.shape}, not (steps, dim)", "Save one array a recording.")
    return item
