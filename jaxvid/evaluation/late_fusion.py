"""Late fusion: averages the class probabilities of several recognition runs and scores the mean."""

import math
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from jaxvid import files
from jaxvid.evaluation import clip_features
from jaxvid.evaluation.clip_features import ClipFeatures
from jaxvid.metrics import classification
from jaxvid.metrics.classification import Result

_NUM_WRITTEN = 5  # Classes written for each clip in predictions.json.


def fuse(
  runs: Sequence[str],
  output: str | os.PathLike,
  weights: Sequence[float] | None = None,
  top: Sequence[int] = (1, 5),
) -> tuple[Result, dict[str, Result]]:
  """Scores the weighted mean of the runs' probabilities; writes scores.json and predictions.json into `output`.

  Args:
    runs: workdirs of evaluated runs; the order of their clips may differ.
    output: folder, made where it is absent.
    weights: one a run, positive; default: equal weights.
    top: the k of top-k accuracy.

  Returns:
    Scores of the mean, and a dict from run to the run's own scores.

  Raises:
    ValueError: a run has no probabilities, the runs differ in clips or classes, or runs and weights differ in number.
  """
  weights = list(weights or [1.0] * len(runs))
  if len(weights) != len(runs) or not all(math.isfinite(weight) and weight > 0 for weight in weights):
    listed = ", ".join(f"{weight:g}" for weight in weights)
    raise ValueError(f"--weights: {listed} for {len(runs)} runs; give one positive number a run")
  if len(runs) < 2 or len(set(runs)) < len(runs):
    raise ValueError(f"--runs: {', '.join(runs)}; give two or more different workdirs")

  # All runs must be of the same clips and classes; their rows are brought into the first run's order.
  found = {run: _read(run) for run in runs}
  first = found[runs[0]]
  for run in runs[1:]:
    _check_alike(runs[0], first, run, found[run])
  names = first.class_names
  ids = first.ids.tolist()
  aligned = [_probabilities(run)[[run.rows[name] for name in ids]] for run in found.values()]

  # Scores of the mean, and of each run on its own.
  mean = np.sum([weight / sum(weights) * run for weight, run in zip(weights, aligned)], axis=0)
  fused = classification.score(mean, first.labels, names, top)
  alone = {name: classification.score(_probabilities(run), run.labels, names, top) for name, run in found.items()}
  folder = pathlib.Path(output)
  rows = {name: classification.best_classes(row, names, _NUM_WRITTEN) for name, row in zip(ids, mean)}
  files.write_json(folder / "predictions.json", {"version": "1.0", "results": rows})
  files.write_json(folder / "scores.json", fused.to_dict())
  return fused, alone


def table(fused: Result, alone: Mapping[str, Result]) -> str:
  """A table in percent for the terminal: one line a run, the last for their mean."""
  columns = [name for name, value in fused.to_dict().items() if isinstance(value, float)]
  width = max(map(len, ("fused", *alone)))
  lines = [" " * width + "".join(f"{column:>21}" for column in columns)]
  for name, result in [*alone.items(), ("fused", fused)]:
    scores = result.to_dict()
    lines.append(f"{name:<{width}}" + "".join(f"{100 * scores[column]:21.2f}" for column in columns))
  return "\n".join(lines)


def _read(workdir: str) -> ClipFeatures:
  """Reads a run's features.npz; raises ValueError where it has no probabilities or an id twice."""
  run = clip_features.read(workdir)
  if run.probabilities is None:
    raise ValueError(f"{run.path}: has no probabilities; evaluate the run again: jaxvid train --mode=eval "
                     f"--workdir={workdir}")  # fmt: skip
  if len(run.rows) < len(run.ids):
    raise ValueError(f"{run.path}: several clips have the same id; evaluate on a split in which ids are unique")
  return run


def _probabilities(run: ClipFeatures) -> np.ndarray:
  """Class probabilities (N, K) in double precision."""
  return np.asarray(run.probabilities, np.float64)


def _check_alike(name: str, run: ClipFeatures, other_name: str, other: ClipFeatures) -> None:
  """Raises ValueError unless two runs are of the same clips and classes."""
  if run.class_names != other.class_names:
    raise ValueError(f"{name} and {other_name} have different classes; fuse runs of the same dataset")
  if missing := [*(run.rows.keys() ^ other.rows.keys())]:
    raise ValueError(
      f"{name} and {other_name}: {len(missing)} clips are in one of the runs only, such as {min(missing)}; evaluate "
      "both on the same split"
    )
  wrong = [clip for clip, row in run.rows.items() if run.labels[row] != other.labels[other.rows[clip]]]
  if wrong:
    raise ValueError(f"{name} and {other_name}: {len(wrong)} clips have two labels, such as {wrong[0]}; evaluate both "
                     "on the same dataset")  # fmt: skip
