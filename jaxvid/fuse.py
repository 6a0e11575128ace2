"""Put the class scores of several recognition runs together, such as of a network of RGB and one of flow, and score.

  python -m jaxvid.fuse --runs=runs/rgb,runs/flow --output=runs/two_stream
  python -m jaxvid.fuse --runs=runs/rgb,runs/flow --weights=1,1.5 --output=runs/two_stream

Late fusion: the probabilities of each clip are averaged over the runs, with --weights. Each run must have been
evaluated on the same clips by jaxvid.main, which leaves them in features.npz. OUTPUT gets scores.json and
predictions.json as an evaluation writes them. Weights that are chosen by the test's scores flatter the result.
"""

import argparse
import math
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

_NUM_WRITTEN = 5  # Classes a clip in predictions.json.


def fuse(
  runs: Sequence[str], output: str, weights: Sequence[float] | None = None, top: Sequence[int] = (1, 5)
) -> tuple[Any, dict[str, Any]]:
  """Scores the weighted mean of the runs' probabilities; writes scores.json and predictions.json into `output`.

  Args:
    runs: workdirs of evaluated runs; the order of their clips may differ.
    output: a folder, made where it is absent.
    weights: one a run, positive; None weighs all alike.
    top: the k of top-k accuracy.

  Returns:
    (jaxvid.metrics.classification.Result of the whole, dict of run -> Result of it alone).

  Raises:
    ValueError: a run has no probabilities, the runs are of different clips or classes, or runs and weights are not as
      many.
  """
  from jaxvid import files
  from jaxvid.metrics import classification
  from jaxvid.metrics.classification import best_classes

  weights = list(weights or [1.0] * len(runs))
  if len(weights) != len(runs) or not all(math.isfinite(weight) and weight > 0 for weight in weights):
    listed = ", ".join(f"{weight:g}" for weight in weights)
    raise ValueError(f"--weights: {listed} for {len(runs)} runs; give a positive one each")
  if len(runs) < 2 or len(set(runs)) < len(runs):
    raise ValueError(f"--runs: {', '.join(runs)}; give two or more different ones")
  read = [_read(run) for run in runs]
  first = read[0]
  for run, other in zip(runs[1:], read[1:]):
    _check_alike(runs[0], first, run, other)
  ids, labels, class_names = list(first["clips"]), list(first["labels"].values()), first["class_names"]
  probabilities = sum(
    weight / sum(weights) * run["probabilities"][[run["clips"][name] for name in ids]]
    for weight, run in zip(weights, read)
  )
  fused = classification.score(probabilities, labels, class_names, top)
  alone = {
    name: classification.score(run["probabilities"], list(run["labels"].values()), class_names, top)
    for name, run in zip(runs, read)
  }
  folder = pathlib.Path(output)
  rows = {name: best_classes(row, class_names, _NUM_WRITTEN) for name, row in zip(ids, probabilities)}
  files.write_json(folder / "predictions.json", {"version": "1.0", "results": rows})
  files.write_json(folder / "scores.json", fused.to_dict())
  return fused, alone


def _read(run):
  """clips: id -> row; labels: id -> label; probabilities (N, K) float64; class_names."""
  import numpy as np

  path = pathlib.Path(run) / "features.npz"
  if not path.is_file():
    raise ValueError(f"{path}: missing; evaluate the run first: python -m jaxvid.main --mode=eval --workdir={run}")
  with np.load(path, allow_pickle=False) as file:
    if "probabilities" not in file:
      raise ValueError(f"{path}: has no probabilities; evaluate the run again: jaxvid.main --mode=eval --workdir={run}")
    ids = file["ids"].tolist()
    if len(set(ids)) < len(ids):
      raise ValueError(f"{path}: several clips have one id; evaluate on a split in which each has its own")
    return {
      "clips": {name: row for row, name in enumerate(ids)},
      "labels": dict(zip(ids, file["labels"].tolist())),
      "probabilities": file["probabilities"].astype(np.float64),
      "class_names": file["class_names"].tolist(),
    }


def _check_alike(name, run, other_name, other):
  """Raises ValueError unless two runs are of the same clips and classes."""
  if run["class_names"] != other["class_names"]:
    raise ValueError(f"{name} and {other_name}: other classes; fuse runs of one dataset")
  if missing := [*(run["clips"].keys() ^ other["clips"].keys())]:
    raise ValueError(
      f"{name} and {other_name}: {len(missing)} clips are in one of them alone, such as {min(missing)}; evaluate both "
      "on one split"
    )
  if wrong := [clip for clip, label in run["labels"].items() if other["labels"][clip] != label]:
    raise ValueError(f"{name} and {other_name}: {len(wrong)} clips have two labels, such as {wrong[0]}; evaluate both "
                     "on one dataset")  # fmt: skip


def _table(fused, alone):
  """The scores of all as lines, in percent."""
  columns = [name for name, value in fused.to_dict().items() if isinstance(value, float)]
  width = max(map(len, ("fused", *alone)))
  lines = [" " * width + "".join(f"{column:>21}" for column in columns)]
  for name, result in [*alone.items(), ("fused", fused)]:
    scores = result.to_dict()
    lines.append(f"{name:<{width}}" + "".join(f"{100 * scores[column]:21.2f}" for column in columns))
  return "\n".join(lines)


def main(argv: Sequence[str]) -> None:
  parser = argparse.ArgumentParser(
    prog="python -m jaxvid.fuse",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  parser.add_argument("--runs", required=True, metavar="DIR,DIR,...", help="workdirs of evaluated runs")
  parser.add_argument("--weights", type=_numbers(float), metavar="W,W,...", help="one a run; default: all alike")
  parser.add_argument("--output", required=True, metavar="DIR", help="folder of the scores, made where it is absent")
  parser.add_argument("--top", type=_numbers(int), default=(1, 5), metavar="K,K,...", help="of top-k; default: 1,5")
  flags = parser.parse_args(argv)
  try:
    found = fuse(flags.runs.split(","), flags.output, flags.weights, flags.top)
  except (OSError, ValueError) as error:
    sys.exit(f"error: {error}")
  print(_table(*found))
  print(f"the scores: {flags.output}/scores.json")


def _numbers(kind):
  """The type of a flag that holds several numbers."""

  def numbers(text):
    return [kind(part) for part in text.split(",")]

  return numbers


def run() -> None:
  """Entry point of the command."""
  main(sys.argv[1:])


if __name__ == "__main__":
  run()
