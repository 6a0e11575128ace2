"""Make a published dataset into the ArrayRecord shards that jaxvid reads.

    jaxvid build NAME --source=PATH [--data_dir=data] [--skip_bad] [--overwrite]
    jaxvid build NAME --help

NAME is one of the datasets below, or NAME/CONFIG for a configuration of it. The dataset is written to
DATA_DIR/NAME/CONFIG/VERSION, whole or not at all. Bad input ends the build with a message: which file, what is wrong
there, what to do. With --skip_bad it is left out instead, and listed in skipped.json beside the data. Datasets of clips
also have a manifest.json: how many clips were expected, found and written. Nothing is downloaded.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep.building import anticipation, clip_build, clip_encoding, sequence_build, sequences
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipPlan
from jaxvid.data_prep.dataset import Dataset, load, overview

_STOPPED = "Stopped. There is no new dataset; the same command makes it{}."


def main(argv: Sequence[str]) -> None:
  """Runs the command: `argv` is the dataset's name, then the flags."""
  if not argv or argv[0].startswith("-"):
    _parse_without_name(argv or ["--help"])
  name, _, config = argv[0].partition("/")
  dataset = load(name)
  flags = _parse(argv[0], dataset, argv[1:])
  # Encoded clips are kept beside the dataset, and a new run takes them from there; sequences are read quickly.
  stopped = _STOPPED.format(" and goes on with the clips that are ready" if dataset.kind == "clips" else "")
  with command.when_stopped(stopped):
    report = run(argv[0], dataset, config or store.DEFAULT_CONFIG, flags)
  print(report)


def _parse_without_name(argv: Sequence[str]) -> NoReturn:
  """Answers --help and --version; anything else lacks the dataset's name."""
  parser = command.Parser("build", f"{__doc__}\n{overview()}")
  parser.add_argument("name", nargs="*", metavar="NAME", help="one of the datasets above, before all flags")
  _add_common_flags(parser, needs_source=False, source="the dataset as published")
  parser.parse(argv)
  raise ValueError(f"the dataset's name comes first: jaxvid build NAME {' '.join(argv)}")


def _parse(name: str, dataset: Dataset, argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser(f"build {name}", dataset.doc)
  source = "the dataset as published" if dataset.needs_source else "folder of its videos, made where it is absent"
  _add_common_flags(parser, dataset.needs_source, source)
  if dataset.kind == "clips":
    dataset.add_flags(parser)
    clip_encoding.add_flags(parser, dataset.encode)
  elif dataset.feature_files:
    sequences.add_flags(parser, dataset)
    if dataset.kind == "windows":
      anticipation.add_flags(parser)
  return parser.parse(argv)


def _add_common_flags(parser: argparse.ArgumentParser, needs_source: bool, source: str) -> None:
  """Adds the flags of all datasets; `source` is the help of --source."""
  parser.add_argument("--source", required=needs_source, metavar="PATH", help=source)
  parser.add_argument("--data_dir", default="data", metavar="DIR", help="folder of datasets; default: %(default)s")
  parser.add_argument("--skip_bad", action="store_true", help="leave out what is bad, count it, and go on")
  parser.add_argument("--overwrite", action="store_true", help="replace the dataset, once the new one is complete")


def run(name: str, dataset: Dataset, config: str, flags: argparse.Namespace) -> str:
  """Builds a dataset and returns a report of it.

  Args:
    name: "NAME" or "NAME/CONFIG".
    dataset: its description.
    config: name of its configuration, "default" where `name` has none.
    flags: of `_parse`.

  Raises:
    BadInput: the source is bad, and flags.skip_bad does not cover it.
    FileExistsError: the dataset exists, and flags.overwrite is False.
  """
  if not flags.overwrite:
    store.refuse_existing(flags.data_dir, name, dataset.version)
  if dataset.needs_source and not Path(flags.source).exists():
    raise BadInput(flags.source, "--source", "no such file or folder", "Give the path of the dataset as published.")
  dataset.check_config(config)
  if dataset.kind == "clips":
    encoding = clip_encoding.from_flags(flags)  # Before long work, such as drawing, is done for nothing.
  plan = dataset.reader(flags.source, config, flags)
  if isinstance(plan, ClipPlan):
    aliases = {alias: list(of) for alias, of in dataset.aliases.items()} | plan.aliases
    plan = dataclasses.replace(plan, aliases=aliases)
    return clip_build.build(name, dataset.version, plan, encoding, flags)
  if isinstance(plan, Annotated):
    make_plan = anticipation.make_plan if dataset.kind == "windows" else sequences.make_plan
    plan = make_plan(dataset, plan, flags.source, config, flags)
  return sequence_build.build(name, dataset.version, plan, flags)


if __name__ == "__main__":
  command.run(main)
