"""Features of one recording in a file of other tools: .npy, .npz, .h5, .hdf5, .pt, .pth.

Of several arrays in a file, one must be called "features" or "feats". Nothing is unpickled, since unpickling can run
any code; a file that needs it is an error.
"""

import contextlib
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid.formats.errors import FormatError

KEYS = ("features", "feats")


def load(path: str | os.PathLike, dim: int | None = None, finite: bool = True) -> np.ndarray:
  """Loads the features of a file: (T, C) floats, T at least 1, all finite, in the dtype of the file.

  Args:
    path: ends in .npy, .npz, .h5 or .hdf5 (needs h5py), .pt or .pth (needs torch).
    dim: the C that they must have; None takes any.
    finite: NaN and infinity are an error; False keeps them, for streams with gaps.

  Raises:
    FormatError: the file is missing, cannot be read, or holds something else.
  """
  path = Path(path)
  read = _READERS.get(path.suffix.lower())
  if read is None:
    raise FormatError(path, "ending", f"{path.suffix!r} is not supported", f"Use one of {', '.join(SUFFIXES)}.")
  if not path.is_file():
    problem = "a folder, not a file" if path.is_dir() else "no such file"
    raise FormatError(path, "file", problem, "Check the path.")
  features, key = read(path)
  check(features, dim, path, key, finite)
  return features


def shape(path: str | os.PathLike) -> tuple[int, int]:
  """(T, C) of the features in a file. Of a .npy file only the header is read; its values are not checked.

  Raises:
    FormatError: see `load`.
  """
  path = Path(path)
  if path.suffix.lower() != ".npy":
    return load(path).shape
  with _readable(path, ".npy"):
    found = np.load(path, mmap_mode="r", allow_pickle=False).shape
  if len(found) != 2:
    raise FormatError(path, "array", f"shape {found}, not (steps, dim)", "Save one array of steps x dim a recording.")
  return found


def check(
  features: np.ndarray, dim: int | None, path: str | os.PathLike, key: str = "array", finite: bool = True
) -> None:
  """Checks an array of features: floats of shape (T, C), T at least 1, C == dim if given, finite unless finite=False.

  Raises:
    FormatError: it is something else; `path` and `key` are the file and the array's name in the message.
  """
  if not np.issubdtype(features.dtype, np.floating):
    raise FormatError(
      path, key, f"{features.dtype} values, not floating point", "Save the extractor's output as it is."
    )
  if features.ndim != 2 or 0 in features.shape:
    raise FormatError(
      path, key, f"shape {features.shape}, not (steps, dim)", "Save one array of steps x dim a recording."
    )
  if dim is not None and features.shape[1] != dim:
    if features.shape[0] == dim:
      raise FormatError(
        path, key, f"shape {features.shape} looks transposed: dim {dim} must come last", "Save the array's transpose."
      )
    raise FormatError(path, key, f"shape {features.shape}, while dim {dim} is expected", f"Give features of dim {dim}.")
  steps = np.isfinite(features).all(axis=1)
  if finite and not steps.all():
    raise FormatError(path, key, f"NaN or infinity in step {np.argmin(steps)}", "Extract it again.")


def find(folder: str | os.PathLike) -> dict[str, Path]:
  """Recording name -> feature file directly in a folder, sorted. The name is the file's, without its ending.

  Raises:
    FormatError: there is no such folder, it has no feature file, or two files have the same name.
  """
  folder = Path(folder)
  if not folder.is_dir():
    raise FormatError(folder, "folder", "no such folder", "Check the path.")
  found = {}
  for path in sorted(folder.iterdir()):
    if path.suffix.lower() not in _READERS or path.name.startswith(".") or not path.is_file():
      continue
    if path.stem in found:
      problem = f"two files of one recording, {found[path.stem].name} and {path.name}"
      raise FormatError(folder, "folder", problem, "Keep one of them.")
    found[path.stem] = path
  if not found:
    raise FormatError(folder, "folder", f"no file that ends in {', '.join(SUFFIXES)}", "Check the path.")
  return dict(sorted(found.items()))


@contextlib.contextmanager
def _readable(path: Path, kind: str):
  """Turns what a library raises on a truncated file, or one of another format, into a FormatError."""
  try:
    yield
  except FormatError:
    raise
  except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0].rstrip(".")
    if "allow_pickle" in reason:
      remedy = "Save a plain array of floats: unpickling would run code from the file."
      raise FormatError(path, "file", "holds pickled objects", remedy) from None
    raise FormatError(path, "file", f"not readable as {kind} ({reason})", "Extract or copy it again.") from error


def _missing_package(path: Path, package: str, extra: str) -> FormatError:
  """The error for a file whose reader needs a package that is not installed."""
  return FormatError(
    path, "ending", f"{path.suffix} files need {package}, which is not installed", f"pip install 'jaxvid[{extra}]'"
  )


def _feature_key(arrays: Mapping[str, Any], path: Path) -> str:
  """Name of the array that holds the features: the only one, or the one in KEYS."""
  named = [key for key in arrays if key in KEYS]
  if len(named) == 1:
    return named[0]
  if len(arrays) == 1:
    return next(iter(arrays))
  listed = ", ".join(sorted(map(str, arrays))[:8]) or "none"
  raise FormatError(
    path, "arrays", f"cannot tell which are the features ({listed})", f'Save them alone, or as "{KEYS[0]}".'
  )


def _read_npy(path: Path) -> tuple[np.ndarray, str]:
  with _readable(path, ".npy"), open(path, "rb") as stream:
    return np.lib.format.read_array(stream, allow_pickle=False), "array"


def _read_npz(path: Path) -> tuple[np.ndarray, str]:
  with _readable(path, ".npz"), zipfile.ZipFile(path):  # ZipFile accepts only .npz: np.load would go by the content.
    with np.load(path, allow_pickle=False) as arrays:
      key = _feature_key(dict.fromkeys(arrays.files), path)
      return arrays[key], key


def _read_hdf5(path: Path) -> tuple[np.ndarray, str]:
  try:
    import h5py  # Here, not above: an optional package.
  except ImportError:
    raise _missing_package(path, "h5py", "prep") from None
  with _readable(path, "HDF5"), h5py.File(path, "r") as file:
    datasets = {}
    file.visititems(lambda name, item: datasets.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    key = _feature_key(datasets, path)
    return np.asarray(datasets[key][()]), key


def _read_torch(path: Path) -> tuple[np.ndarray, str]:
  try:
    import torch  # Here, not above: an optional package, slow to import.
  except ImportError:
    raise _missing_package(path, "torch", "torch") from None
  with _readable(path, "a file of torch.save"):
    try:
      saved = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:  # For other objects than tensors, and for some files of other formats.
      problem = "not readable as a file of torch.save that holds plain tensors"
      raise FormatError(path, "file", problem, "Save the tensor alone, or copy the file again.") from None
    key = "tensor"
    if isinstance(saved, Mapping):
      tensors = {name: value for name, value in saved.items() if isinstance(value, torch.Tensor)}
      key = _feature_key(tensors, path)
      saved = tensors[key]
    if not isinstance(saved, torch.Tensor):
      raise FormatError(path, "file", f"holds a {type(saved).__name__}, not a tensor", "Save the tensor alone.")
    saved = saved.detach()
    return (saved.float() if saved.dtype == torch.bfloat16 else saved).numpy(), key


_READERS = {
  ".npy": _read_npy,
  ".npz": _read_npz,
  ".h5": _read_hdf5,
  ".hdf5": _read_hdf5,
  ".pt": _read_torch,
  ".pth": _read_torch,
}
SUFFIXES = tuple(_READERS)
