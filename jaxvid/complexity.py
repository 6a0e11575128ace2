"""Parameters, multiply-adds and memory of a configuration's network.

  jaxvid complexity --config=haa500_tag:table5
  jaxvid complexity --config=thumos_tridet --dim=2048 --steps=2304

Multiply-adds are counted as in papers (many call them FLOPs): those of convolutions and matrix products, for one
example. XLA's numbers are for the program compiled for this machine: two floating-point operations for a multiply-add,
elementwise work included, products with padding left out. Nothing is trained, and no dataset is needed.
"""

import argparse
from collections.abc import Sequence

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  # Imported here so that --help and a wrong flag answer at once.
  import jax

  from jaxvid import configuration, shipped
  from jaxvid.train import complexity

  config = configuration.load(shipped.configuration(flags.config), flags.overrides)
  found = complexity.measure(config, flags.dim, flags.steps, flags.compile)
  print(complexity.report(found, jax.default_backend()))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("complexity", __doc__, overrides="config")
  add = parser.add_argument
  add("--config", required=True, metavar="NAME[:VARIANT]", help="configuration of jaxvid, or FILE.py")
  add("--config.SECTION.KEY", metavar="VALUE", help="set a value of the configuration")
  add("--dim", type=int, metavar="N", help="for feature sequences: length of a feature vector; 2048 for two-stream I3D")
  add("--steps", type=int, metavar="N", help="for feature sequences: number of steps; default: the shortest bucket")
  parser.add_switch("compile", "compile the program, for XLA's numbers; --compile=False is quicker", True)
  return parser.parse(argv)


if __name__ == "__main__":
  command.run(main)
