"""Reading the golden cases: outputs of the reference PyTorch implementations, in ../shared/golden beside the project.

No weights are stored there: each is a function of its name, rebuilt by `fill`.
"""

import json
import pathlib
import zlib

import numpy as np
import pytest

SHARED = pathlib.Path(__file__).parents[2] / "shared"


def shared(path):
  """A file of ../shared, or a skip that says which is missing."""
  if not (SHARED / path).exists():
    pytest.skip(f"../shared/{path} is not here")
  return SHARED / path


def load(name):
  """(description, arrays, state dict) of a localization case."""
  case = json.loads(shared(f"golden/{name}.json").read_text())
  arrays = dict(np.load(shared(f"golden/{name}.npz")))
  weights = {tensor: fill(tensor, shape, case["salt"]) for tensor, shape in case["state_dict"].items()}
  return case, arrays, weights


def fill(name, shape, salt):
  """The value of a tensor of a localization case."""
  rng = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()) + salt))
  z = rng.standard_normal(shape)
  if name.endswith("scale"):
    value = 0.5 + rng.random(shape)
  elif name.endswith(("bias", "rel_pe")):
    value = 0.1 * z
  elif len(shape) == 1 or (len(shape) == 3 and shape[0] == 1):
    value = 1 + 0.1 * z
  else:
    value = z * np.sqrt(1 / np.prod(shape[1:]))
  return np.asarray(value, np.float32)


def assert_close(ours, theirs, tolerance, what):
  """|ours - theirs| <= tolerance * max|theirs|, the policy of the golden cases."""
  ours, theirs = np.asarray(ours), np.asarray(theirs)
  assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, reference {theirs.shape}"
  error = np.max(np.abs(ours - theirs), initial=0)
  bound = tolerance * np.max(np.abs(theirs), initial=0)
  assert error <= bound, f"{what}: off by {error:.3g}, allowed {bound:.3g}"
