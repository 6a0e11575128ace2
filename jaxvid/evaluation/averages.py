"""Mean scores of several runs: over the splits of a dataset, or over seeds."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Averages:
  """Scores of R runs.

  Attributes:
    runs: their folders.
    values: name -> (R,) the value in each run; a name is the path in scores.json, such as "action.recall5".
    counts: names of whole numbers (how many clips, say); the other values are shares.
  """

  runs: tuple[str, ...]
  values: dict[str, np.ndarray]
  counts: frozenset[str]

  def to_dict(self) -> dict[str, Any]:
    """Plain values for JSON: for each name the mean, the spread (sample standard deviation) and the runs' values."""
    rows = {
      name: {"mean": float(x.mean()), "spread": float(x.std(ddof=1)), "values": x.tolist()}
      for name, x in self.values.items()
    }
    return {"runs": list(self.runs), "scores": rows}

  def format(self) -> str:
    """A table for the terminal, one line a name, shares in percent."""
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
    workdirs: of two or more different runs.

  Raises:
    ValueError: fewer runs, a run twice, a run without scores.json, or files that differ in the names of their numbers.
  """
  runs = tuple(str(workdir) for workdir in workdirs)
  if len(runs) < 2 or len({pathlib.Path(run).resolve() for run in runs}) < len(runs):
    raise ValueError(f"--average={','.join(runs)}: give two different runs or more")
  found = [_read_numbers(pathlib.Path(run, "scores.json")) for run in runs]
  for run, numbers in zip(runs, found):
    lacks = [name for name in found[0] if name not in numbers]
    extra = [name for name in numbers if name not in found[0]]
    if lacks or extra:
      raise ValueError(
        f"{run}/scores.json: its numbers are not those of {runs[0]}: {len(lacks)} are missing "
        f"({', '.join(lacks[:3])}), {len(extra)} are new ({', '.join(extra[:3])}). Evaluate both with the same settings"
      )
  return Averages(
    runs=runs,
    values={name: np.array([numbers[name] for numbers in found], float) for name in found[0]},
    counts=frozenset(name for name in found[0] if all(type(numbers[name]) is int for numbers in found)),
  )


def _read_numbers(path: pathlib.Path) -> dict[str, int | float]:
  """All numbers of a JSON file, by their path in it."""
  if not path.exists():
    raise ValueError(f"{path}: missing; evaluate the run first")
  try:
    numbers = dict(_walk(json.loads(path.read_bytes()), ()))
  except ValueError as error:
    raise ValueError(f"{path}: not valid JSON ({error}); evaluate the run again") from error
  if not numbers:
    raise ValueError(f"{path}: no numbers in it; evaluate the run again")
  return numbers


def _walk(values: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, int | float]]:
  """Yields (path, number) for the numbers in nested dicts; lists are skipped."""
  if isinstance(values, dict):
    for key, value in values.items():
      yield from _walk(value, (*keys, key))
  elif type(values) in (int, float):
    yield ".".join(keys), values
