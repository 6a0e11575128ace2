"""Building a dataset of sequences from its plan: check every recording, write it, report the numbers."""

import argparse
import dataclasses
import functools
import itertools
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from jaxvid import progress
from jaxvid.data import store
from jaxvid.data.sequence_records import Record
from jaxvid.data_prep.building import checks, splits
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.plan import Plan


@dataclasses.dataclass
class _Counts:
  """Totals of a split."""

  records: int = 0
  steps: int = 0
  segments: int = 0

  def add(self, record: Record) -> None:
    self.records += 1
    self.steps += len(record.features)
    self.segments += len(record.labels)


def build(name: str, version: str, plan: Plan, flags: argparse.Namespace) -> str:
  """Builds a dataset and returns a report as text.

  Args:
    name: "NAME" or "NAME/CONFIG".
    version: of the dataset.
    plan: its recordings.
    flags: with source, data_dir, skip_bad and overwrite.

  Raises:
    BadInput: a recording is bad, and flags.skip_bad is not set; or the timing of all of them is wrong.
    FileExistsError: the dataset exists, and flags.overwrite is False.
  """
  skips = checks.SkipList(flags.skip_bad)
  counts = {split: _Counts() for split in plan.readers}
  written, unfinished = [], set(plan.readers)

  total = sum(len(readers) for readers in plan.readers.values())
  with progress.bar(total=total, unit="recording", desc=name) as bar:
    # Reads, checks and counts the records of a split while they are written.
    def records(split: str) -> Iterator[Record]:
      for read in plan.readers[split]:
        record = None
        with skips.catch():
          record = checks.make_record(read(), plan, skips)
        bar.update()
        if record is not None:
          counts[split].add(record)
          written.append(checks.steps_of(record))
          yield record
      unfinished.discard(split)
      if not unfinished:  # All are read, and the dataset is not in its place yet: a wrong timing still stops it.
        checks.check_timing(written, plan.steps_tolerance, flags.source)

    streams = _without_empty_splits({split: records(split) for split in plan.readers})
    if not streams:
      raise BadInput(flags.source, "recordings", "all of them are bad", "Build without --skip_bad to see why.")
    folder = store.write_dataset(
      flags.data_dir,
      name,
      version,
      streams,
      plan.contract,
      plan.class_names,
      splits=splits.expressions(plan.aliases, streams),
      description=plan.description,
      notes=plan.metadata | ({"notes": plan.notes} if plan.notes else {}),
      dtype=plan.dtype,
      skipped=skips.skipped if flags.skip_bad else None,
      overwrite=flags.overwrite,
    )
  return _report(folder, counts, plan, skips.skipped)


def _without_empty_splits(iterators: dict[str, Iterator[Record]]) -> dict[str, Callable[[], Iterator[Record]]]:
  """dict of split -> function that returns its records. Empty splits, which TFDS cannot write, are left out."""
  streams: dict[str, Callable[[], Iterator[Record]]] = {}
  for split, iterator in iterators.items():
    first = next(iterator, None)
    if first is not None:
      streams[split] = functools.partial(itertools.chain, [first], iterator)
  return streams


def _report(folder: Path, counts: dict[str, _Counts], plan: Plan, skipped: list[dict]) -> str:
  """The report as text."""
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
