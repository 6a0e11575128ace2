"""Train a model and evaluate it, or evaluate a trained one.

  jaxvid train --config=quickstart --workdir=runs/quickstart
  jaxvid train --config=thumos_sgp:smoke --workdir=runs/smoke
  jaxvid train --config=hapt_actionformer:small --workdir=runs/hapt --config.optim.lr=3e-4
  jaxvid train --config=my_config.py:small --workdir=runs/mine
  jaxvid train --workdir=runs/hapt --mode=eval

--config is the name of a configuration of jaxvid (configs/NAME.py) or a file of your own, and a variant of it after a
colon. --config.SECTION.KEY=VALUE sets any value in it. --config can be left out if --workdir holds a training, or is
from jaxvid convert: then its own configuration is taken.

All results are written to --workdir: checkpoints, metrics.jsonl, TensorBoard's events, predictions.json, scores.json
and detections.png. A run that was stopped continues from its last checkpoint with the same command.
"""

import argparse
import pathlib
from collections.abc import Sequence
from typing import Any

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  with command.when_stopped(lambda: _what_is_kept(flags)):
    config = _config(flags)
    from jaxvid.train import loop

    if flags.mode == "train":
      loop.train_and_evaluate(config, flags.workdir)
    else:
      loop.evaluate(config, flags.workdir, flags.checkpoint)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("train", __doc__, overrides="config")
  add = parser.add_argument
  add("--config", metavar="NAME[:VARIANT]", help="configuration of jaxvid, or FILE.py; default: the workdir's own")
  add("--config.SECTION.KEY", metavar="VALUE", help="set a value of the configuration")
  add("--workdir", required=True, metavar="DIR", help="folder of this run; made where it is absent")
  add("--mode", choices=("train", "eval"), default="train", help='"train" trains, from the last checkpoint on if there '
      'is one, and evaluates; "eval" evaluates a checkpoint; default: %(default)s')  # fmt: skip
  add("--checkpoint", choices=("latest", "best"), default="latest", help="with --mode=eval: which one; default: "
      "%(default)s")  # fmt: skip
  return parser.parse(argv)


def _config(flags: argparse.Namespace) -> dict[str, Any]:
  """The configuration that --config names, or the workdir's own, with the command line's changes."""
  from jaxvid import configuration, shipped
  from jaxvid.train import workdir

  if flags.config:
    return configuration.load(shipped.configuration(flags.config), flags.overrides)
  own = workdir.read_config(flags.workdir, flags.checkpoint)
  if own is None:
    raise ValueError(
      f"{flags.workdir} holds no training yet; say what to train: --config=quickstart, or another NAME or FILE.py"
    )
  return configuration.change(own, flags.overrides, f"{flags.workdir}'s configuration")


def _what_is_kept(flags: argparse.Namespace) -> str:
  """The line for a user who pressed Ctrl-C."""
  if flags.mode == "eval":
    return "Stopped. The checkpoint is as it was; the same command evaluates it again."
  latest = pathlib.Path(flags.workdir) / "checkpoints" / "latest"
  steps = [int(folder.name) for folder in latest.glob("[0-9]*") if folder.name.isdigit()]
  if not steps:
    return "Stopped before the first checkpoint. The same command begins again."
  return f"Stopped. {latest}/{max(steps)} is kept; the same command goes on from step {max(steps)}."


if __name__ == "__main__":
  command.run(main)
