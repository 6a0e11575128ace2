"""Makes a published dataset into the ArrayRecord shards that jaxvid reads.

    python -m data_prep.build NAME --source=PATH [--data_dir=data] [--skip_bad] [--overwrite]
    python -m data_prep.build NAME --help

NAME is a dataset below, or NAME/CONFIG for a configuration of it. The dataset appears in data_dir/NAME/CONFIG/VERSION
when it is complete, or not at all. Bad input ends the build with a message that names the file, what is wrong and what
to do; --skip_bad leaves it out instead, and lists what it left out in skipped.json beside the data. Datasets of clips
also have a manifest.json: what was expected, found and written. Nothing is downloaded.
"""

import argparse
import ast
import dataclasses
import functools
import importlib
import inspect
import itertools
import sys
import textwrap
from pathlib import Path

from tqdm import tqdm

from jaxvid.data import store
from jaxvid.data_prep.building import checks, clip_build, clip_encoding
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipPlan


def datasets():
  """dict of name -> docstring of the modules here that define a `plan`. A new dataset is one new file, which has

    VERSION, "major.minor.patch", to be raised when the same source gives other records;
    add_flags(parser), which adds the flags that only this dataset has;
    plan(source, config, flags), which gives a `plan.Plan` of recordings or a `clip_plan.ClipPlan` of clips;
    annotated(path, config, flags) and aliases(splits), with which `data_prep.stats` tells of its annotations alone, and
    add_stats_flags(parser) where these need other flags than plan does. Datasets of clips have none of these;
    NEEDS_SOURCE = False where the dataset is made up rather than published.

  The files are parsed, not imported: one dataset may need packages that the user of another does not have.
  """
  found = {}
  for file in sorted((Path(__file__).parent / "datasets").glob("*.py")):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if any(isinstance(node, ast.FunctionDef) and node.name == "plan" for node in tree.body):
      found[file.stem] = ast.get_docstring(tree)
  return found


def main(argv):
  known = datasets()
  if not argv or argv[0] in ("-h", "--help"):
    print(__doc__)
    for name, docstring in known.items():
      print(f"{name:14}{docstring.splitlines()[0]}")
    return
  if argv[0].startswith("-"):
    sys.exit(f"error: the dataset's name comes first: python -m data_prep.build NAME {' '.join(argv)}")
  name, (dataset, _, config) = argv[0], argv[0].partition("/")
  if dataset not in known:
    sys.exit(f"error: unknown dataset {dataset!r}; there are: {', '.join(known)}")

  module = importlib.import_module(f"jaxvid.data_prep.datasets.{dataset}")
  flags = _parse(name, module, argv[1:])
  try:
    print(build(name, module, config or store.DEFAULT_CONFIG, flags))
  except (BadInput, FileExistsError) as error:
    sys.exit(f"error: {error}")


def _parse(name, module, argv):
  parser = argparse.ArgumentParser(
    prog=f"python -m data_prep.build {name}",
    description=inspect.getdoc(module),
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  needs_source = getattr(module, "NEEDS_SOURCE", True)
  source_help = "the dataset as published" if needs_source else "folder of its videos, made where it is absent"
  parser.add_argument("--source", required=needs_source, metavar="PATH", help=source_help)
  parser.add_argument("--data_dir", default="data", metavar="DIR", help="folder of datasets; default: %(default)s")
  parser.add_argument("--skip_bad", action="store_true", help="leave out what is bad, count it, and go on")
  parser.add_argument("--overwrite", action="store_true", help="replace the dataset, once the new one is complete")
  module.add_flags(parser)
  return parser.parse_args(argv)


@dataclasses.dataclass
class _Counts:
  """What went into a split."""

  records: int = 0
  steps: int = 0
  segments: int = 0

  def add(self, record):
    self.records += 1
    self.steps += len(record.features)
    self.segments += len(record.labels)


def build(name, module, config, flags):
  """Builds a dataset and returns a report of it, a string.

  Args:
    name: "NAME" or "NAME/CONFIG".
    module: the dataset's module (see `datasets`).
    config: its configuration.
    flags: what `_parse` gives.

  Raises:
    BadInput: the source is bad, and flags.skip_bad does not cover it.
    FileExistsError: the dataset exists, and flags.overwrite is False.
  """
  if not flags.overwrite:
    store.refuse_existing(flags.data_dir, name, module.VERSION)
  if getattr(module, "NEEDS_SOURCE", True) and not Path(flags.source).exists():
    raise BadInput(flags.source, "--source", "no such file or folder", "Give the path of the dataset as published.")
  # Before long work, such as drawing, is done for nothing.
  encoding = clip_encoding.from_flags(flags) if hasattr(flags, "encode") else None
  plan = module.plan(flags.source, config, flags)
  if isinstance(plan, ClipPlan):
    return clip_build.build(name, module.VERSION, plan, encoding, flags)
  skips = checks.SkipList(flags.skip_bad)
  counts = {split: _Counts() for split in plan.readers}
  written, unfinished = [], set(plan.readers)

  with tqdm(total=sum(len(readers) for readers in plan.readers.values()), unit=" recordings", desc=name) as progress:

    def records(split):
      for read in plan.readers[split]:
        record = None
        with skips.allowed():
          record = checks.checked(read(), plan, skips)
        progress.update()
        if record is not None:
          counts[split].add(record)
          written.append(checks.steps_of(record))
          yield record
      unfinished.discard(split)
      if not unfinished:  # The dataset is not in its place yet.
        checks.check_timing(written, plan.steps_tolerance, flags.source)

    streams = _nonempty({split: records(split) for split in plan.readers})
    if not streams:
      raise BadInput(flags.source, "recordings", "all of them are bad", "Build without --skip_bad to see why.")
    folder = store.write_dataset(
      flags.data_dir,
      name,
      module.VERSION,
      streams,
      plan.contract,
      plan.class_names,
      splits=_expressions(plan.aliases, streams),
      description=plan.description,
      notes=plan.metadata | ({"notes": plan.notes} if plan.notes else {}),
      dtype=plan.dtype,
      skipped=skips.skipped if flags.skip_bad else None,
      overwrite=flags.overwrite,
    )
  return _report(folder, counts, plan, skips.skipped)


def _nonempty(iterators):
  """dict of split -> callable that gives its records, without the splits that have none: TFDS cannot write those."""
  streams = {}
  for split, iterator in iterators.items():
    first = next(iterator, None)
    if first is not None:
      streams[split] = functools.partial(itertools.chain, [first], iterator)
  return streams


def _expressions(aliases, splits):
  """dict of alias -> TFDS split expression over the splits there are; an alias of none of them is left out."""
  there = {alias: [split for split in of if split in splits] for alias, of in aliases.items()}
  return {alias: "+".join(of) for alias, of in there.items() if of}


def _report(folder, counts, plan, skipped):
  """What a build made, for people."""
  total = _Counts(*(sum(values) for values in zip(*map(dataclasses.astuple, counts.values()), strict=True)))
  lines = [f"{'split':16}{'records':>10}{'steps':>10}{'segments':>10}"]
  for split, count in (counts | {"total": total}).items():
    lines.append(f"{split:16}{count.records:10,}{count.steps:10,}{count.segments:10,}")
  names = ", ".join(f"{alias} = {'+'.join(of)}" if len(of) == 1 else alias for alias, of in plan.aliases.items())
  lines += [textwrap.shorten(f"further names of splits: {names}", 120, placeholder=" ...")] if names else []
  lines += [f"note: {note}" for note in plan.notes]
  lines += [f"skipped: {entry['file']}: {entry['field']}: {entry['problem']}" for entry in skipped]
  lines.append(f"The dataset is in {folder}")
  return "\n".join(lines)


if __name__ == "__main__":
  main(sys.argv[1:])
