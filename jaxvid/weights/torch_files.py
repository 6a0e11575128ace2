"""Reads and writes state dicts as NumPy arrays: PyTorch's .pth.tar and .pth, .safetensors, .npz.

A checkpoint of the public code is a dict of "state_dict", "state_dict_ema" (the moving average, for evaluation) and
"epoch"; parameter names in it begin with "module.". PyTorch is needed for its own files only, safetensors for
.safetensors.
"""

import os
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxvid.weights.rules import WeightsError

_TORCH = (".pth.tar", ".pth", ".pyth", ".pt", ".ckpt", ".tar")
_OTHERS = (".safetensors", ".npz")
WEIGHTS = {"ema": "state_dict_ema", "raw": "state_dict"}  # Keys of a checkpoint's two state dicts.
_PYTORCHVIDEO = "model_state"  # The only state dict in pytorchvideo's files.
_PREFIX = "module."


def read(path: str | os.PathLike, weights: str = "ema") -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
  """Reads a file: (the state dict that `weights` names, the raw state dict), names without the prefix "module.".

  Args:
    path: the file; its ending says its format.
    weights: "ema" or "raw", for checkpoints that hold both. A file with only one state dict gives it twice.

  Raises:
    WeightsError: the file cannot be read, or holds no state dict; says what to do.
  """
  path = pathlib.Path(path)
  kind = _kind(path)
  if not path.is_file():
    raise WeightsError(f"{path}: no such file")
  try:
    values = {"torch": _read_torch, ".safetensors": _read_safetensors, ".npz": _read_npz}[kind](path)
  except WeightsError:
    raise
  except Exception as error:  # Each reader has errors of its own for broken files.
    raise WeightsError(f"{path}: not readable as {kind} ({_first_line(error)}); fetch or save it again") from error
  chosen = state_dict(values, weights, str(path))
  return chosen, state_dict(values, "raw", str(path)) if WEIGHTS["raw"] in values else chosen


def write(path: str | os.PathLike, tensors: Mapping[str, Mapping[str, np.ndarray]], module_prefix: bool | None) -> None:
  """Writes averaged and raw weights in the format of the file's ending.

  A .pth.tar is a checkpoint for the public eval.py, {"epoch", "state_dict", "state_dict_ema"}, without optimizer state.
  Other files hold the averaged weights only.

  Args:
    path: the file to write or replace.
    tensors: {"ema": state dict of the averaged weights, "raw": of the raw ones}.
    module_prefix: begin names with "module."; None: in .pth.tar files only, where the public code expects it.

  Raises:
    WeightsError: an unknown ending, or a package that is not installed.
  """
  path = pathlib.Path(path)
  kind = _kind(path)
  is_checkpoint = path.name.endswith(".tar")
  if is_checkpoint if module_prefix is None else module_prefix:
    tensors = {which: {_PREFIX + name: array for name, array in part.items()} for which, part in tensors.items()}
  path.parent.mkdir(parents=True, exist_ok=True)
  temporary = path.with_name(f".tmp-{path.name}")
  if kind == ".npz":
    np.savez(temporary, **tensors["ema"])
  elif kind == ".safetensors":
    _safetensors(path).save_file({name: np.asarray(array) for name, array in tensors["ema"].items()}, temporary)
  else:
    torch = _torch(path)
    as_tensors = lambda part: {name: torch.from_numpy(np.array(array)) for name, array in part.items()}  # noqa: E731
    if is_checkpoint:
      content = {"epoch": 0} | {key: as_tensors(tensors[which]) for which, key in WEIGHTS.items()}
    else:
      content = as_tensors(tensors["ema"])
    torch.save(content, temporary)
  os.replace(temporary, path)


def state_dict(values: Mapping[str, Any], weights: str = "ema", where: str = "the state dict") -> dict[str, np.ndarray]:
  """The state dict in `values`, as arrays, names without the prefix "module.".

  Args:
    values: a state dict, or a checkpoint that holds state dicts.
    weights: "ema" or "raw", for checkpoints that hold both.
    where: name of the file, for messages.

  Raises:
    WeightsError: there is no such state dict, or it holds other things than tensors.
  """
  if _PYTORCHVIDEO in values:
    values = values[_PYTORCHVIDEO]
  elif WEIGHTS[weights] in values:
    values = values[WEIGHTS[weights]]
  elif any(key in values for key in WEIGHTS.values()):
    raise WeightsError(
      f"{where}: a checkpoint without {WEIGHTS[weights]!r}, the {weights} weights; take the others, "
      f"--weights={'raw' if weights == 'ema' else 'ema'}"
    )
  arrays = {}
  for name, value in values.items():
    array = _array(value)
    if array is None:
      raise WeightsError(
        f"{where}: {name!r} holds {type(value).__name__}, not a tensor; give a state dict, or a checkpoint with "
        f"{' or '.join(map(repr, WEIGHTS.values()))}"
      )
    arrays[name] = array
  if not arrays:
    raise WeightsError(f"{where}: no tensors in it")
  if all(name.startswith(_PREFIX) for name in arrays):
    arrays = {name.removeprefix(_PREFIX): array for name, array in arrays.items()}
  return arrays


def _array(value: Any) -> np.ndarray | None:
  """A tensor or array as a NumPy array; None if it is neither."""
  if hasattr(value, "detach"):  # A torch.Tensor, without importing torch. NumPy has no bfloat16.
    value = value.detach().cpu()
    value = (value.float() if value.is_floating_point() else value).numpy()
  elif not hasattr(value, "shape"):
    return None
  return np.asarray(value)


def _kind(path: pathlib.Path) -> str:
  """Format of a file by its ending: "torch", ".safetensors" or ".npz"; WeightsError for others."""
  if path.name.endswith(_TORCH):
    return "torch"
  for ending in _OTHERS:
    if path.name.endswith(ending):
      return ending
  raise WeightsError(f"{path}: unknown ending; give one of {', '.join(_TORCH + _OTHERS)}")


def _read_torch(path: pathlib.Path) -> Mapping[str, Any]:
  """The content of a PyTorch file, loaded without running code that it names."""
  torch = _torch(path)
  try:
    values = torch.load(path, map_location="cpu", weights_only=True)
  except Exception as error:
    foreign = re.search(r"GLOBAL (\S+)", str(error))
    if foreign is None:
      raise
    raise WeightsError(
      f"{path}: holds more than tensors, {foreign[1]}, and code in a file is never run here. If you trust it: "
      'c = torch.load(FILE, weights_only=False); torch.save({k: c[k] for k in ("state_dict", "state_dict_ema")}, NEW)'
    ) from error
  if not isinstance(values, Mapping):
    raise WeightsError(f"{path}: holds {type(values).__name__}, not a state dict; save model.state_dict()")
  return values


def _read_safetensors(path: pathlib.Path) -> Mapping[str, Any]:
  return _safetensors(path).load_file(path)


def _read_npz(path: pathlib.Path) -> Mapping[str, Any]:
  with np.load(path, allow_pickle=False) as file:
    return {name: file[name] for name in file.files}


def _torch(path: pathlib.Path) -> Any:
  """The module torch; WeightsError if it is not installed."""
  try:
    import torch
  except ImportError:
    raise WeightsError(
      f"{path}: PyTorch files need PyTorch: pip install torch. Or save the tensors as .npz where PyTorch is: "
      'numpy.savez("FILE.npz", **{k: v.numpy() for k, v in checkpoint["state_dict_ema"].items()})'
    ) from None
  return torch


def _safetensors(path: pathlib.Path) -> Any:
  """The module safetensors.numpy; WeightsError if it is not installed."""
  try:
    import safetensors.numpy
  except ImportError:
    raise WeightsError(f"{path}: needs the package safetensors: pip install safetensors") from None
  return safetensors.numpy


def _first_line(error: Exception) -> str:
  return (str(error).strip() or type(error).__name__).splitlines()[0]
