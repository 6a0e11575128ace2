"""Fuse the class scores of several recognition runs, for instance of RGB and of flow, and score the result.

  jaxvid fuse --runs=runs/rgb,runs/flow --output=runs/two_stream
  jaxvid fuse --runs=runs/rgb,runs/flow --weights=1,1.5 --output=runs/two_stream

Late fusion: the probabilities of each clip are averaged over the runs, with --weights. All runs must have been
evaluated on the same clips by jaxvid train, which writes features.npz. OUTPUT gets scores.json and predictions.json, as
from an evaluation. Weights chosen by test scores make the result too optimistic.
"""

import argparse
from collections.abc import Sequence

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  # Imported here so that --help and a wrong flag answer at once.
  from jaxvid.evaluation import late_fusion

  found = late_fusion.fuse(flags.runs, flags.output, flags.weights, flags.top)
  print(late_fusion.table(*found))
  print(f"Scores: {flags.output}/scores.json")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("fuse", __doc__)
  add = parser.add_argument
  add("--runs", type=command.list_of(str), required=True, metavar="DIR,DIR,...", help="workdirs of evaluated runs")
  add("--weights", type=command.list_of(float), metavar="W,W,...", help="one a run; default: all alike")
  add("--output", required=True, metavar="DIR", help="folder of the scores, made where it is absent")
  add(
    "--top",
    type=command.list_of(int),
    default=(1, 5),
    metavar="K,K,...",
    help="top-K accuracies; default: 1,5",
  )
  return parser.parse(argv)


if __name__ == "__main__":
  command.run(main)
