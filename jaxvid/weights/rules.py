"""Importing a state dict by rules: every tensor is used once, every parameter is filled once, or an error names it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import flax.traverse_util
import numpy as np


class Rule(NamedTuple):
  """Where tensors whose whole name matches `pattern` go.

  Attributes:
    pattern: regular expression over the foreign name.
    path: template of our parameter path ("/" between parts), with the pattern's groups as \\1, \\2, ...
    transform: from the foreign array to ours.
  """

  pattern: str
  path: str
  transform: Callable[[np.ndarray], np.ndarray]


class WeightsError(ValueError):
  """State dict and model do not fit; the message names every tensor and parameter that does not."""


def import_state_dict(state_dict: Mapping[str, np.ndarray], rules: Sequence[Rule], params: Mapping[str, Any]) -> dict:
  """Parameters of the shape of `params` with the values of `state_dict`.

  Args:
    state_dict: foreign name -> array.
    rules: the first that matches a name decides.
    params: our parameters, or anything with their shapes (jax.eval_shape's result).

  Raises:
    WeightsError: tensors no rule or no parameter takes, parameters that nothing fills, shapes that differ.
  """
  wanted = flax.traverse_util.flatten_dict(params, sep="/")
  filled, problems = {}, []
  for name, array in state_dict.items():
    rule = next((rule for rule in rules if re.fullmatch(rule.pattern, name)), None)
    if rule is None:
      problems.append(f"{name}: no rule knows this tensor")
      continue
    path = re.fullmatch(rule.pattern, name).expand(rule.path)
    value = rule.transform(np.asarray(array))
    if path not in wanted:
      problems.append(f"{name}: the model has no parameter {path}")
    elif path in filled:
      problems.append(f"{name}: {path} is filled already")
    elif value.shape != wanted[path].shape:
      problems.append(f"{name}: shape {value.shape} for {path}, which has {wanted[path].shape}")
    else:
      filled[path] = value.astype(wanted[path].dtype)
  problems += [f"{path}: nothing fills this parameter" for path in wanted if path not in filled]
  if problems:
    raise WeightsError("state dict and model do not fit:\n  " + "\n  ".join(problems))
  return flax.traverse_util.unflatten_dict(filled, sep="/")
