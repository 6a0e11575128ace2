"""Reads tables of clips as Kinetics publishes them."""

import argparse
import re
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan

_ALIASES = {"val": ("validate", "validation", "valid"), "test": ("val", "validate", "validation", "valid")}


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The clips that the tables list; `flags` has videos and lists."""
  del config
  tables = [Path(file) for file in flags.lists or sorted(Path(source).glob("*.csv"))]
  if not tables:
    raise BadInput(source, "tables", "no .csv file in it", "Give the folder of train.csv and the others.")
  videos = clip_sources.video_files(flags.videos or source)
  rows, bad = [], []
  for table in tables:
    for row in clip_sources.read_csv(table, ("label", "youtube_id", "time_start", "time_end")):
      try:
        rows.append(_row(row, table))
      except BadInput as error:
        bad.append(error)
  names = sorted({row["label"] for row in rows})
  labels = {name: label for label, name in enumerate(names)}
  items = [_item(row, labels, videos) for row in rows]
  splits = {item.split for item in items}
  aliases = {alias: [split for split in of if split in splits][:1] for alias, of in _ALIASES.items()}
  aliases = {alias: of for alias, of in aliases.items() if of and alias not in splits}
  return ClipPlan(items, names, f"Clips of {len(names)} classes, listed as Kinetics is.", aliases, bad)


def _row(row: dict[str, str], table: Path) -> dict[str, Any]:
  where = row["line"]
  start, end = (clip_sources.seconds(row[key], table, where) for key in ("time_start", "time_end"))
  if not row["label"] or not row["youtube_id"] or start is None or end is None:
    raise BadInput(table, where, "no label, name or times in it", "Take the list with labels.")
  clip_sources.check_times(start, end, table, where)
  split = (row.get("split") or table.stem).strip()
  if not re.fullmatch(r"[A-Za-z_]\w*", split):
    raise BadInput(table, where, f"split {split!r} is no name", "Use letters, digits and _ only.")
  return {"label": row["label"], "video": row["youtube_id"], "start": start, "end": end, "split": split, "where": where}


def _item(row: dict[str, Any], labels: dict[str, int], videos: dict[str, Path]) -> ClipItem:
  clip = f"{row['video']}_{int(row['start']):06d}_{int(row['end']):06d}"
  values = dict(id=clip, split=row["split"], label=labels[row["label"]], group=row["video"], where=row["where"])
  if clip not in videos and row["video"] in videos:
    return ClipItem(**values, file=videos[row["video"]], start=row["start"], end=row["end"])
  return ClipItem(**values, file=videos.get(clip))
