"""Reading the golden cases of clip backbones, and rebuilding their weights and clips; see golden.py."""

import json
import zlib

import numpy as np

import golden


def load(name):
  """(description, arrays, state dict, clip) of a case."""
  case = json.loads(golden.shared(f"golden/{name}.json").read_text())
  arrays = dict(np.load(golden.shared(f"golden/{name}.npz")))
  tensors = {tensor: fill(tensor, shape, case["salt"]) for tensor, shape in case["state_dict"].items()}
  clip = np.random.Generator(np.random.PCG64(case["clip_seed"])).standard_normal(case["clip_shape"])
  return case, arrays, tensors, clip.astype(np.float32)


def fill(name, shape, salt):
  """The value of a tensor."""
  rng = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()) + salt))
  z = rng.standard_normal(shape)
  if name.endswith("num_batches_tracked"):
    return np.zeros(shape, np.int64)
  if name.endswith("running_var"):
    value = 0.5 + rng.random(shape)
  elif name.endswith(("running_mean", "bias")):
    value = 0.1 * z
  elif len(shape) == 1:
    value = 1 + 0.1 * z
  else:
    value = z * np.sqrt(2 / np.prod(shape[1:]))
  return np.asarray(value, np.float32)
