"""Print statistics of a dataset; for sequences also whether features fit their times, and settings that suit them.

    jaxvid stats NAME[/CONFIG] [--data_dir=data]                a dataset that jaxvid build has written
    jaxvid stats NAME --annotations=FILE [--features=FOLDER]    before it is built; NAME may be left out
    jaxvid stats NAME --help                                    all flags

Sequences: durations, lengths of actions, coverage, actions per recording, classes, lengths of the features; and
proposals, with reasons, for max_len, buckets, levels, regression ranges and attention window. Without NAME the dataset
is "generic": annotations of your own. Clips, which must be built first: durations and classes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from jaxvid import command
from jaxvid.data.store import DEFAULT_CONFIG
from jaxvid.data_prep.building import sequences
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipPlan
from jaxvid.data_prep.dataset import Dataset, load

_GENERIC = "generic"


def main(argv: Sequence[str]) -> None:
  """Runs the command: `argv` is the dataset's name, which may be left out, then the flags."""
  argv = argv or ["--help"]
  given, argv = ("", argv) if argv[0].startswith("-") else (argv[0], argv[1:])
  name = given or _GENERIC
  dataset_name, _, config = name.partition("/")
  dataset = load(dataset_name)
  flags = _parse(f"stats {given}".strip(), dataset, argv)
  print(run(name, dataset, config or DEFAULT_CONFIG, flags))


def _parse(command_name: str, dataset: Dataset, argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser(command_name, __doc__)
  parser.add_argument("--data_dir", default="data", metavar="DIR", help="folder of datasets; default: %(default)s")
  parser.add_argument("--features", metavar="PATH", help="features of a dataset not yet built; needs --annotations")
  parser.add_argument(
    "--resize_to", type=int, metavar="STEPS", help="propose settings for sequences of data.resize_to=STEPS"
  )
  parser.add_argument("--output", metavar="FILE.json", help="write all numbers there as well")
  parser.add_argument("--plot", metavar="FILE.png", help="draw histograms there as well")
  if dataset.kind == "clips":  # They are not looked at before they are built.
    parser.set_defaults(annotations=None)
  else:
    sequences.add_flags(parser, dataset)
  flags = parser.parse(argv)
  if flags.features and not flags.annotations:
    parser.error("--features needs --annotations; a built dataset is found by --data_dir")
  if flags.resize_to is not None and flags.resize_to < 1:
    parser.error("--resize_to: give 1 or more steps")
  return flags


def run(name: str, dataset: Dataset, config: str, flags: argparse.Namespace) -> str:
  """Computes the statistics, writes --output and --plot, and returns the text to print.

  Args: as `build.run` takes them, with flags of `_parse` here.

  Raises:
    BadInput: there is no such dataset, or its annotations cannot be read at all.
  """
  # Here, not above: tfds is slow to import.
  from jaxvid import files
  from jaxvid.data_prep.building import contracts
  from jaxvid.data_prep.statistics import clip_stats, report, rows, summary

  if dataset.kind == "clips":  # They have no timing to fit and no settings to propose.
    numbers = clip_stats.summarize(flags.data_dir, name)
    if flags.output:
      files.write_json(flags.output, numbers)
    return clip_stats.text(numbers)
  # The recordings, of annotations or of a built dataset.
  if flags.annotations:
    if not Path(flags.annotations).exists():
      raise BadInput(flags.annotations, "annotations", "no such file", "Check --annotations.")
    dataset.check_config(config)
    read = dataset.reader(flags.annotations, config, flags)
    assert not isinstance(read, ClipPlan), name  # By its kind.
    annotated = rows.annotations_of(read, flags.annotations)
    flags = contracts.complete(flags, flags.features)
    features = sequences.open_features(dataset, flags.features, flags) if flags.features else None
    train = dataset.aliases_of(annotated.recordings).get("train", ["train"])
    timing = sequences.timing(dataset, flags, config)
    found = rows.of_annotations(annotated, timing, flags.fixed_length, features, train)
  else:
    found = rows.of_dataset(flags.data_dir, name)
  if not found.rows:
    problem = f"all of them are bad, such as: {found.problems[0]}"
    raise BadInput(flags.annotations or name, "recordings", problem, "Correct the annotations.")
  # Their numbers, as text, as JSON and as a picture.
  numbers = {"dataset": name, **summary.summarize(found, flags.resize_to)}
  if flags.output:
    files.write_json(flags.output, numbers)
  if flags.plot:
    report.draw(flags.plot, found)
  return report.text(numbers)


if __name__ == "__main__":
  command.run(main)
