"""Building a dataset of clips from its plan: encode the clips found, write them, report what is missing."""

import argparse
import collections
import functools
import shutil
import textwrap
from pathlib import Path
from typing import Any

from jaxvid import progress
from jaxvid.data import store
from jaxvid.data_prep.building import checks, clip_encoding, splits
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_encoding import Encoding
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan

_LISTED = 12


def build(name: str, version: str, plan: ClipPlan, encoding: Encoding, flags: argparse.Namespace) -> str:
  """Builds a dataset and returns a report as text.

  Args:
    name: "NAME" or "NAME/CONFIG".
    version: of the dataset.
    plan: its clips.
    encoding: how they are stored.
    flags: with source, data_dir, skip_bad, overwrite and num_processes.

  Raises:
    BadInput: a clip is missing or bad, and flags.skip_bad is not set. Clips encoded by then are kept, and the next run
      goes on from there.
    FileExistsError: the dataset exists, and flags.overwrite is False.
  """
  # What was published, and which of it is there.
  skips = checks.SkipList(flags.skip_bad)
  for bad in plan.bad:
    with skips.catch():
      raise bad
  _check_unique(plan)
  there = []
  for item in plan.items:
    if item.file is not None:
      there.append(item)
      continue
    with skips.catch():
      raise BadInput(item.where, item.id, "its video is missing", "Get it, or a list without it.")

  # Encode into the cache, in parallel: the longest part.
  cache = clip_encoding.Cache(flags.data_dir, name, encoding)
  good: set[tuple[str, str]] = set()
  with progress.bar(total=len(there), unit="clip", desc=name) as bar:
    for item, error in clip_encoding.encode_all(there, cache, flags.num_processes):
      bar.update()
      with skips.catch():
        if error is not None:
          raise error
        good.add((item.split, item.id))
  if not good:
    raise BadInput(flags.source, "clips", "all of them are missing or bad", "Build without --skip_bad to see why.")

  # Write the dataset from the cache, in the plan's order.
  by_split = collections.defaultdict(list)
  for item in there:
    if (item.split, item.id) in good:
      by_split[item.split].append(item)
  manifest = _manifest(plan, there, by_split, skips.skipped, encoding)
  folder = store.write_dataset(
    flags.data_dir,
    name,
    version,
    {split: functools.partial(map, cache.load, items) for split, items in by_split.items()},
    None,
    plan.class_names,
    kind="clips",
    splits=splits.expressions(plan.aliases, by_split),
    description=plan.description,
    notes={"encoding": encoding.describe(), "labels": _labels(by_split)}
    | ({"notes": plan.notes} if plan.notes else {}),
    skipped=skips.skipped if flags.skip_bad else None,
    manifest=lambda: manifest,
    overwrite=flags.overwrite,
  )
  shutil.rmtree(cache.folder)
  return _report(folder, manifest, plan)


def _labels(by_split: dict[str, list[ClipItem]]) -> dict[str, list[int]]:
  """dict of split -> list of its clips' labels, see `store.Split.stored_labels`."""
  return {split: [item.label for item in items] for split, items in by_split.items()}


def _check_unique(plan: ClipPlan) -> None:
  """Raises BadInput where two clips of a split have one name."""
  seen: dict[tuple[str, str], str] = {}
  for item in plan.items:
    if (item.split, item.id) in seen:
      problem = f"there is another one in split {item.split} ({seen[item.split, item.id]})"
      raise BadInput(item.where, item.id, problem, "Give each clip a name of its own, or take out the repetition.")
    seen[item.split, item.id] = item.where


def _manifest(
  plan: ClipPlan, there: list[ClipItem], written: dict[str, list[ClipItem]], skipped: list[dict], encoding: Encoding
) -> dict[str, Any]:
  """manifest.json: how many clips were expected, found, written and skipped."""
  expected = collections.Counter(item.split for item in plan.items)
  found = collections.Counter(item.split for item in there)
  labels = collections.Counter(item.label for items in written.values() for item in items)
  return {
    "splits": {
      split: {"expected": expected[split], "found": found[split], "written": len(written.get(split, ()))}
      for split in expected
    },
    "unreadable_entries": len(plan.bad),
    "classes": len(plan.class_names),
    "classes_without_clips": [name for label, name in enumerate(plan.class_names) if not labels[label]],
    "encoding": encoding.describe(),
    "skipped": skipped,
  }


def _report(folder: Path, manifest: dict[str, Any], plan: ClipPlan) -> str:
  """The report as text."""
  columns = ("expected", "found", "written")
  total = {column: sum(counts[column] for counts in manifest["splits"].values()) for column in columns}
  lines = [f"{'split':16}" + "".join(f"{column:>10}" for column in columns)]
  for split, counts in (manifest["splits"] | {"total": total}).items():
    lines.append(f"{split:16}" + "".join(f"{counts[column]:10,}" for column in columns))
  empty = manifest["classes_without_clips"]
  lines.append(f"{manifest['classes'] - len(empty)} of {manifest['classes']} classes have clips")
  if total["written"] < total["expected"]:
    share = total["written"] / total["expected"]
    lines.append(f"note: {share:.1%} of the clips are there; say so beside any score")
  names = ", ".join(f"{alias} = {'+'.join(of)}" for alias, of in plan.aliases.items())
  lines += [textwrap.shorten(f"further names of splits: {names}", 120, placeholder=" ...")] if names else []
  lines += [f"note: {note}" for note in plan.notes]
  skipped = manifest["skipped"]
  lines += [f"skipped: {entry['file']}: {entry['field']}: {entry['problem']}" for entry in skipped[:_LISTED]]
  lines += [f"... and {len(skipped) - _LISTED:,} more, in manifest.json"] if len(skipped) > _LISTED else []
  lines.append(f"The dataset is in {folder}")
  return "\n".join(lines)
