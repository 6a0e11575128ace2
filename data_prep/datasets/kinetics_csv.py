"""Kinetics, and datasets that are published like it: tables of label, youtube_id, time_start, time_end, split.

--source is the folder of the tables (all its .csv files, or those of --lists), --videos that of the videos, at any
depth: cut clips, YOUTUBEID_000012_000022.mp4, or whole videos, YOUTUBEID.mp4, from which the times are cut. Videos that
are gone from the web are many: --skip_bad counts them in manifest.json.
"""

import re
from pathlib import Path

from jaxvid.data_prep.building import clip_encoding, clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan

VERSION = "1.0.0"

_ALIASES = {"val": ("validate", "validation", "valid"), "test": ("val", "validate", "validation", "valid")}


def add_flags(parser):
  parser.add_argument("--videos", metavar="DIR", help="default: --source")
  parser.add_argument("--lists", nargs="+", metavar="FILE.csv", help="default: all .csv files in --source")
  clip_encoding.add_flags(parser)


def plan(source, config, flags):
  """A ClipPlan; `config` is free to name the edition."""
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
  return ClipPlan(items, names, aliases, f"Clips of {len(names)} classes, listed as Kinetics is.", bad)


def _row(row, table):
  where = row["line"]
  start, end = (clip_sources.seconds(row[key], table, where) for key in ("time_start", "time_end"))
  if not row["label"] or not row["youtube_id"] or start is None or end is None:
    raise BadInput(table, where, "no label, name or times in it", "Take the list with labels.")
  clip_sources.check_times(start, end, table, where)
  split = (row.get("split") or table.stem).strip()
  if not re.fullmatch(r"[A-Za-z_]\w*", split):
    raise BadInput(table, where, f"split {split!r} is no name", "Use letters, digits and _ only.")
  return {"label": row["label"], "video": row["youtube_id"], "start": start, "end": end, "split": split, "where": where}


def _item(row, labels, videos):
  clip = f"{row['video']}_{int(row['start']):06d}_{int(row['end']):06d}"
  values = dict(id=clip, split=row["split"], label=labels[row["label"]], group=row["video"], where=row["where"])
  if clip not in videos and row["video"] in videos:
    return ClipItem(**values, file=videos[row["video"]], start=row["start"], end=row["end"])
  return ClipItem(**values, file=videos.get(clip))
