"""Weights under other names, both ways: every tensor is used once, every parameter is filled once, or an error says so.

A list of rules says for each of our parameters which tensors it is over there, and how its axes lie; import and export
are then the same table, read in the two directions.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import flax.traverse_util
import numpy as np


class Layout(NamedTuple):
  """How the axes of a tensor lie here and there: two functions, each the inverse of the other."""

  to_ours: Callable[[np.ndarray], np.ndarray]
  to_theirs: Callable[[np.ndarray], np.ndarray]


SAME = Layout(lambda array: array, lambda array: array)


class Rule(NamedTuple):
  """Where a parameter whose whole path matches `ours` comes from.

  Attributes:
    ours: regular expression over our parameter path ("/" between parts).
    theirs: template of the foreign name, with the expression's groups as \\1, \\2, ... Where it holds "{entry}", each
      entry of our array's first axis is a tensor of its own there.
    layout: of the tensor.
  """

  ours: str
  theirs: str
  layout: Layout = SAME


class Slot(NamedTuple):
  """The place of a foreign tensor: our parameter (or its entry `entry`), the layout, and the shape it must have."""

  path: str
  entry: int | None
  layout: Layout
  shape: tuple[int, ...]


class WeightsError(ValueError):
  """Tensors and model do not fit; the message names every tensor and every parameter that does not."""


def slots(rules: Sequence[Rule], params: Mapping[str, Any]) -> dict[str, Slot]:
  """Foreign name -> its place, for all of `params` (our parameters, or anything with their shapes).

  Raises:
    WeightsError: parameters that no rule has a name for, or two with one name.
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
      # A broadcast zero has the shape and takes no memory.
      ours = np.broadcast_to(np.float32(0), leaf.shape if entry is None else leaf.shape[1:])
      full_name = name if entry is None else name.replace("{entry}", str(entry))
      if full_name in found:
        problems.append(f"{path}: {full_name} is {found[full_name].path} already")
      found[full_name] = Slot(path, entry, rule.layout, rule.layout.to_theirs(ours).shape)
  if problems:
    raise WeightsError("the model cannot have public weights:\n  " + "\n  ".join(problems))
  return found


def import_tensors(tensors: Mapping[str, Any], rules: Sequence[Rule], params: Mapping[str, Any]) -> dict:
  """Parameters of the shape and type of `params`, with the values of `tensors` (foreign name -> array).

  Raises:
    WeightsError: tensors that no parameter takes, parameters that nothing fills, shapes that differ.
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
  """Our parameters under their foreign names and in their foreign layout: what `import_tensors` takes back."""
  flat = flax.traverse_util.flatten_dict(params, sep="/")
  tensors = {}
  for name, place in slots(rules, params).items():
    value = np.asarray(flat[place.path])
    value = value if place.entry is None else value[place.entry]
    tensors[name] = np.array(place.layout.to_theirs(value), order="C")
  return tensors
