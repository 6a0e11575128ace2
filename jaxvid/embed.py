"""Draw the features of the test clips of several runs in two dimensions (t-SNE), side by side.

  jaxvid embed --workdirs=runs/frozen,runs/fine_tuned,runs/tag --output=embeddings.png
  jaxvid embed --workdirs=runs/tag --titles="TAG-Head" --classes=12 --output=embeddings.svg

An evaluation of recognition writes features.npz to its workdir: the pooled features of each test clip, which are the
classifier's input. The number over each picture is the share of clips whose nearest neighbour has the same class; it is
computed before t-SNE, which may show groups where there are none. Needs scikit-learn: pip install 'jaxvid[plots]'.
"""

import argparse
from collections.abc import Sequence

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  # Imported here so that --help and a wrong flag answer at once.
  from jaxvid.evaluation import embedding

  shares = embedding.draw(flags.workdirs, flags.output, flags.titles, flags.classes, flags.seed)
  for title, share in shares.items():
    print(f"{title}: {100 * share:.1f}% of clips have a nearest neighbour of their class")
  print(f"Picture: {flags.output}")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("embed", __doc__)
  add = parser.add_argument
  add("--workdirs", type=command.list_of(str), required=True, metavar="DIR,DIR,...", help="of evaluated runs")
  add("--output", required=True, metavar="FILE.png", help="the picture")
  add("--titles", type=command.list_of(str), metavar="TEXT,TEXT,...", help="one a run; default: the workdirs' names")
  add("--classes", type=int, metavar="N", help="only the N classes with the most clips")
  add("--seed", type=int, default=0, metavar="N", help="of t-SNE; default: %(default)s")
  return parser.parse(argv)


if __name__ == "__main__":
  command.run(main)
