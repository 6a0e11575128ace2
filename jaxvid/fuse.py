"""Put the class scores of several recognition runs together, such as of a network of RGB and one of flow, and score.

  jaxvid fuse --runs=runs/rgb,runs/flow --output=runs/two_stream
  jaxvid fuse --runs=runs/rgb,runs/flow --weights=1,1.5 --output=runs/two_stream

Late fusion: the probabilities of each clip are averaged over the runs, with --weights. Each run must have been
evaluated on the same clips by jaxvid train, which leaves them in features.npz. OUTPUT gets scores.json and
predictions.json as an evaluation writes them. Weights that are chosen by the test's scores flatter the result.
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
  print(f"the scores: {flags.output}/scores.json")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("fuse", __doc__)
  add = parser.add_argument
  add("--runs", type=command.list_of(str), required=True, metavar="DIR,DIR,...", help="workdirs of evaluated runs")
  add("--weights", type=command.list_of(float), metavar="W,W,...", help="one a run; default: all alike")
  add("--output", required=True, metavar="DIR", help="folder of the scores, made where it is absent")
  add("--top", type=command.list_of(int), default=(1, 5), metavar="K,K,...", help="of top-k; default: 1,5")
  return parser.parse(argv)


if __name__ == "__main__":
  command.run(main)
