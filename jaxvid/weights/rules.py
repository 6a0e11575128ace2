"""Import and export of weights by rules: every tensor is used once and every parameter filled once, or it is an error.

A rule maps names of our parameters to public names, and the axes of one to those of the other. Import and export read
the same rules in the two directions.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import flax.traverse_util
import numpy as np


class Layout(NamedTuple):
  """Conversion of a tensor's axes between public code and ours: two functions, each the inverse of the other."""

  to_ours: Callable[[np.ndarray], np.ndarray]
  to_theirs: Callable[[np.ndarray], np.ndarray]


SAME = Layout(lambda array: array, lambda array: array)


class Rule(NamedTuple):
  """Maps our parameters to public tensors.

  Attributes:
    ours: regular expression for the whole path of our parameter ("/" between parts).
    theirs: template of the public name, with the expression's groups as \\1, \\2, ... With "{entry}" in it, each entry
      of our array's first axis is a tensor of its own there.
    layout: of the tensor.
  """

  ours: str
  theirs: str
  layout: Layout = SAME


class Slot(NamedTuple):
  """The place of a public tensor: our parameter, its entry if only one is meant, the layout and the tensor's shape."""

  path: str
  entry: int | None
  layout: Layout
  shape: tuple[int, ...]


class WeightsError(ValueError):
  """Weights and model do not fit; the message names every tensor and parameter that is affected."""


def slots(rules: Sequence[Rule], params: Mapping[str, Any]) -> dict[str, Slot]:
  """Public name -> place, for all parameters.

  Args:
    rules: the first one that matches a parameter applies.
    params: our parameters, or their shapes.

  Raises:
    WeightsError: a parameter matches no rule, or two have one public name.
  """
  found, problems = {}, []
  for path, leaf in flax.traverse_util.flatten_dict(params, sep="/").items():
    rule = next((rule for rule in rules if re.fullmatch(rule.ours, path)), None)
    if rule is None:
      problems.append(f"{path}: the public code has no such parameter")
      continue
    name = re.fullmatch(rule.ours, path).expand(rule.theirs)
    entries = range(leaf.shape[0]) if "{entry}" in name else [None]
    for entry in entries:
      # A broadcast zero: has the shape, but takes no memory.
      ours = np.broadcast_to(np.float32(0), leaf.shape if entry is None else leaf.shape[1:])
      full_name = name if entry is None else name.replace("{entry}", str(entry))
      if full_name in found:
        problems.append(f"{path}: {full_name} is the public name of {found[full_name].path}, too")
      found[full_name] = Slot(path, entry, rule.layout, rule.layout.to_theirs(ours).shape)
  if problems:
    raise WeightsError("the model cannot have public weights:\n  " + "\n  ".join(problems))
  return found


def import_tensors(tensors: Mapping[str, Any], rules: Sequence[Rule], params: Mapping[str, Any]) -> dict:
  """Imports public tensors as parameters.

  Args:
    tensors: public name -> array.
    rules: see `slots`.
    params: our parameters, or their shapes and types.

  Raises:
    WeightsError: tensors or parameters are left over, or shapes differ.
  """
  places = slots(rules, params)
  wanted = flax.traverse_util.flatten_dict(params, sep="/")
  problems = [f"{name}: the model has no parameter that takes this tensor" for name in tensors if name not in places]
  filled = {}
  for name, place in places.items():
    where = place.path if place.entry is None else f"{place.path}[{place.entry}]"
    if name not in tensors:
      problems.append(f"{name}: missing, so nothing fills {where}")
      continue
    array = np.asarray(tensors[name])
    if array.shape != place.shape:
      problems.append(f"{name}: shape {array.shape}, but {where} of the model takes {place.shape}")
      continue
    value = place.layout.to_ours(array).astype(wanted[place.path].dtype)
    if place.entry is None:
      filled[place.path] = np.ascontiguousarray(value)
    else:
      whole = filled.setdefault(place.path, np.zeros(wanted[place.path].shape, wanted[place.path].dtype))
      whole[place.entry] = value
  if problems:
    raise WeightsError("weights and model do not fit:\n  " + "\n  ".join(problems))
  return flax.traverse_util.unflatten_dict(filled, sep="/")


def export_tensors(rules: Sequence[Rule], params: Mapping[str, Any]) -> dict[str, np.ndarray]:
  """Exports parameters under their public names and in the public layout; the inverse of `import_tensors`."""
  flat = flax.traverse_util.flatten_dict(params, sep="/")
  tensors = {}
  for name, place in slots(rules, params).items():
    value = np.asarray(flat[place.path])
    value = value if place.entry is None else value[place.entry]
    tensors[name] = np.array(place.layout.to_theirs(value), order="C")
  return tensors
