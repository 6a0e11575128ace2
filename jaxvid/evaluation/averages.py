"""The mean of the scores of several runs: over the splits of a dataset, or over seeds."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Averages:
  """Scores of R runs.

  Attributes:
    runs: their folders.
    values: name -> (R,) the value in each run; a name is the way to it in scores.json, "action.recall5".
    counts: the names whose values are whole numbers; the others are shares.
  """

  runs: tuple[str, ...]
  values: dict[str, np.ndarray]
  counts: frozenset[str]

  def to_dict(self) -> dict[str, Any]:
    """Plain values: of each name the mean, the spread (the standard deviation of the sample) and the runs' values."""
    rows = {
      name: {"mean": float(x.mean()), "spread": float(x.std(ddof=1)), "values": x.tolist()}
      for name, x in self.values.items()
    }
    return {"runs": list(self.runs), "scores": rows}

  def format(self) -> str:
    """For people: a line a name; shares in percent."""
    width = max(map(len, self.values)) + 2
    heads = [f"run {i}" for i in range(1, len(self.runs) + 1)]
    lines = [f"run {i}: {run}" for i, run in enumerate(self.runs, start=1)]
    lines.append(f"{'':{width}}{'mean':>11}{'spread':>11}" + "".join(f"{head:>11}" for head in heads))
    for name, values in self.values.items():
      scale = 1 if name in self.counts else 100
      cells = [values.mean(), values.std(ddof=1), *values]
      lines.append(f"{name:{width}}" + "".join(f"{scale * x:11,.2f}" for x in cells))
    return "\n".join(lines)


def read(workdirs: Sequence[str | os.PathLike]) -> Averages:
  """Reads the scores.json of evaluated runs.

  Args:
    workdirs: two or more.

  Raises:
    ValueError: fewer runs, one twice, one without scores.json, or runs whose files have other numbers than the first's.
  """
  runs = tuple(str(workdir) for workdir in workdirs)
  if len(runs) < 2 or len({pathlib.Path(run).resolve() for run in runs}) < len(runs):
    raise ValueError(f"--average={','.join(runs)}: two different runs or more are needed")
  found = [_numbers(pathlib.Path(run, "scores.json")) for run in runs]
  for run, numbers in zip(runs, found):
    lacks = [name for name in found[0] if name not in numbers]
    extra = [name for name in numbers if name not in found[0]]
    if lacks or extra:
      raise ValueError(
        f"{run}/scores.json: other numbers than in {runs[0]}; {len(lacks)} are missing ({', '.join(lacks[:3])}), "
        f"{len(extra)} are new ({', '.join(extra[:3])}). Evaluate both with the same settings"
      )
  return Averages(
    runs=runs,
    values={name: np.array([numbers[name] for numbers in found], float) for name in found[0]},
    counts=frozenset(name for name in found[0] if all(type(numbers[name]) is int for numbers in found)),
  )


def _numbers(path):
  """Name -> number of everything in the file that is one."""
  if not path.exists():
    raise ValueError(f"{path}: missing; evaluate the run first")
  try:
    numbers = dict(_walk(json.loads(path.read_bytes()), ()))
  except ValueError as error:
    raise ValueError(f"{path}: no JSON ({error})") from error
  if not numbers:
    raise ValueError(f"{path}: there are no numbers in it")
  return numbers


def _walk(values, keys):
  if isinstance(values, dict):
    for key, value in values.items():
      yield from _walk(value, (*keys, key))
  elif type(values) in (int, float):
    yield ".".join(keys), values
