"""Makes a published dataset into the ArrayRecord shards that jaxvid reads.

    jaxvid build NAME --source=PATH [--data_dir=data] [--skip_bad] [--overwrite]
    jaxvid build NAME --help

NAME is a dataset below, or NAME/CONFIG for a configuration of it. The dataset appears in data_dir/NAME/CONFIG/VERSION
when it is complete, or not at all. Bad input ends the build with a message that names the file, what is wrong and what
to do; --skip_bad leaves it out instead, and lists what it left out in skipped.json beside the data. Datasets of clips
also have a manifest.json: what was expected, found and written. Nothing is downloaded.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

from jaxvid.data import store
from jaxvid.data_prep import command
from jaxvid.data_prep.building import anticipation, clip_build, clip_encoding, sequence_build, sequences
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipPlan
from jaxvid.data_prep.dataset import Dataset, overview


def main(argv: list[str]) -> None:
  """The command: `argv` is the dataset's name and the flags."""
  if not argv or argv[0] in ("-h", "--help"):
    print(__doc__)
    print(overview())
    return
  if argv[0].startswith("-"):
    sys.exit(f"error: the dataset's name comes first: jaxvid build NAME {' '.join(argv)}")
  name, _, config = argv[0].partition("/")
  dataset = command.load_dataset(name)
  flags = _parse(argv[0], dataset, argv[1:])
  with command.errors_in_one_line(FileExistsError):
    print(run(argv[0], dataset, config or store.DEFAULT_CONFIG, flags))


def _parse(name: str, dataset: Dataset, argv: list[str]) -> argparse.Namespace:
  parser = command.make_parser(f"build {name}", dataset.doc)
  source_help = "the dataset as published" if dataset.needs_source else "folder of its videos, made where it is absent"
  parser.add_argument("--source", required=dataset.needs_source, metavar="PATH", help=source_help)
  parser.add_argument("--data_dir", default="data", metavar="DIR", help="folder of datasets; default: %(default)s")
  parser.add_argument("--skip_bad", action="store_true", help="leave out what is bad, count it, and go on")
  parser.add_argument("--overwrite", action="store_true", help="replace the dataset, once the new one is complete")
  if dataset.kind == "clips":
    dataset.add_flags(parser)
    clip_encoding.add_flags(parser, dataset.encode)
  elif dataset.feature_files:
    sequences.add_flags(parser, dataset)
    if dataset.kind == "windows":
      anticipation.add_flags(parser)
  return parser.parse_args(argv)


def run(name: str, dataset: Dataset, config: str, flags: argparse.Namespace) -> str:
  """Builds a dataset and returns a report of it.

  Args:
    name: "NAME" or "NAME/CONFIG".
    dataset: what it is.
    config: its configuration.
    flags: what `_parse` gives.

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
  main(sys.argv[1:])
