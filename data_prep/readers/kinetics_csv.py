"""Clips listed in Kinetics' tables: which video file each is in, and where."""

import argparse
from pathlib import Path

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan
from jaxvid.formats import kinetics_csv
from jaxvid.formats.kinetics_csv import Row

_ALIASES = {"val": ("validate", "validation", "valid"), "test": ("val", "validate", "validation", "valid")}


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The clips that the tables list; `flags` has videos and lists.

  Raises:
    BadInput: there is no table, one cannot be read, or there are no videos.
  """
  del config
  tables = [Path(file) for file in flags.lists or sorted(Path(source).glob("*.csv"))]
  if not tables:
    raise BadInput(source, "tables", "no .csv file in it", "Give the folder of train.csv and the others.")
  videos = clip_sources.video_files(flags.videos or source)
  rows: list[Row] = []
  bad: list[BadInput] = []
  for table in tables:
    of_table, bad_of_table = kinetics_csv.read(table)
    rows += of_table
    bad += bad_of_table
  names = sorted({row.label for row in rows})
  labels = {name: label for label, name in enumerate(names)}
  items = [_item(row, labels, videos) for row in rows]
  splits = {item.split for item in items}
  aliases = {alias: [split for split in of if split in splits][:1] for alias, of in _ALIASES.items()}
  aliases = {alias: of for alias, of in aliases.items() if of and alias not in splits}
  return ClipPlan(items, names, f"Clips of {len(names)} classes, listed as Kinetics is.", aliases, bad)


def _item(row: Row, labels: dict[str, int], videos: dict[str, Path]) -> ClipItem:
  """The clip of a row: a cut video of its name, or else a part of the whole video."""
  file, start, end = videos.get(row.clip), None, None
  if file is None and row.video in videos:
    file, start, end = videos[row.video], row.start, row.end
  return ClipItem(row.clip, row.split, file, labels[row.label], row.video, row.where, start, end)
