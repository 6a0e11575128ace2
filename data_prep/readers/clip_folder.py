"""Reads clips that are sorted into a folder a class, or listed in a CSV table."""

import argparse
import collections
import re
import zlib
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan

_SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The clips of a folder; `flags` has annotations, class_names and test_share."""
  del config
  if not 0 <= flags.test_share < 1:
    raise BadInput("--test_share", "flags", f"{flags.test_share} is no share", "Give 0 or more and less than 1.")
  table = flags.annotations or _only_table(source)
  rows, bad = _of_table(table) if table else (_of_folders(source), [])
  names = clip_sources.read_lines(flags.class_names) if flags.class_names else sorted({row["label"] for row in rows})
  labels = {name: label for label, name in enumerate(names)}
  items, has_splits = [], any(row["split"] for row in rows)
  for row in rows:
    if row["label"] not in labels:
      problem = f"unknown label {row['label']!r}"
      bad.append(BadInput(table or source, row["where"], problem, f"Use one of those in {flags.class_names}."))
      continue
    split = row["split"] or ("train" if has_splits else _drawn_split(row, flags.test_share))
    items.append(
      ClipItem(
        id=row["id"],
        split=split,
        file=row["file"] if row["file"].is_file() else None,
        label=labels[row["label"]],
        group=row["group"],
        where=row["where"],
        start=row["start"],
        end=row["end"],
      )
    )
  aliases = _aliases({item.split for item in items})
  return ClipPlan(items, names, f"Clips of {len(names)} classes.", aliases, bad)


def _only_table(source: str | Path) -> Path | None:
  tables = sorted(Path(source).glob("*.csv"))
  if len(tables) > 1:
    listed = ", ".join(path.name for path in tables)
    raise BadInput(source, "tables", f"several .csv files ({listed})", "Name one with --annotations.")
  return tables[0] if tables else None


def _of_table(table: str | Path) -> tuple[list[dict[str, Any]], list[BadInput]]:
  rows, bad = [], []
  for row in clip_sources.read_csv(table, ("file", "label")):
    where = row["line"]
    try:
      if not row["file"] or not row["label"]:
        raise BadInput(table, where, "no file or no label in it", "Correct it.")
      start, end = (clip_sources.seconds(row.get(key), table, where) for key in ("start", "end"))
      clip_sources.check_times(start, end, table, where)
    except BadInput as error:
      bad.append(error)
      continue
    path = Path(row["file"])
    part = "" if start is None and end is None else f"_{start or 0:.3f}_{'end' if end is None else f'{end:.3f}'}"
    rows.append(
      {
        "id": row.get("id") or f"{path.with_suffix('').as_posix()}{part}",
        "file": Path(table).parent / path,
        "label": row["label"].strip(),
        "split": _split_name(row.get("split"), table, where),
        "group": row.get("group") or path.with_suffix("").as_posix(),
        "start": start,
        "end": end,
        "where": where,
      }
    )
  return rows, bad


def _split_name(text: str | None, table: str | Path, where: str) -> str:
  """A split as TFDS can call it."""
  name = (text or "").strip()
  if name and not re.fullmatch(r"[A-Za-z_]\w*", name):
    raise BadInput(table, where, f"split {name!r} is no name", "Use letters, digits and _ only.")
  return name


def _of_folders(source: str | Path) -> list[dict[str, Any]]:
  rows = []
  for path in clip_sources.all_video_files(source):
    parts = path.relative_to(source).parts
    split = parts[0] if len(parts) > 2 and parts[0] in _SPLITS else ""
    if len(parts) < 2 + bool(split):
      problem = "lies in no folder of a class"
      raise BadInput(path, "folders", problem, "Sort the files into CLASS/ or SPLIT/CLASS/, or add a table.")
    label = parts[1] if split else parts[0]
    name = path.relative_to(source).with_suffix("").as_posix()
    where = path.relative_to(source).as_posix()
    row = {"id": name, "file": path, "label": label, "split": split, "group": name, "where": where}
    rows.append(row | {"start": None, "end": None})
  return rows


def _drawn_split(row: dict[str, Any], test_share: float) -> str:
  """A group is in one split only, and stays there when others come and go."""
  return "test" if zlib.crc32(row["group"].encode()) / 2**32 < test_share else "train"


def _aliases(splits: set[str]) -> dict[str, list[str]]:
  """ "train" and "test" for those that train and test under another name."""
  kinds = collections.defaultdict(list)
  for split in sorted(splits):
    kind = {"tr": "train", "va": "val", "te": "test"}.get(split[:2] if split in _SPLITS else "")
    if kind:
      kinds[kind].append(split)
  found = {"train": kinds["train"], "test": kinds["test"] or kinds["val"]}
  return {alias: of for alias, of in found.items() if of and alias not in splits}
