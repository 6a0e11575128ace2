"""Clips of anyone's own, sorted into a folder a class, or listed in a CSV table."""

import argparse
import collections
import dataclasses
import zlib
from pathlib import Path

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan
from jaxvid.formats import class_names, clip_table

_SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")


@dataclasses.dataclass(frozen=True)
class _Clip:
  """A clip and its class by name; `split` is "" where nothing says it, the other fields are those of ClipItem."""

  id: str
  file: Path
  label: str
  split: str
  group: str
  where: str
  start: float | None = None
  end: float | None = None


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The clips of a folder; `flags` has annotations, class_names and test_share.

  Raises:
    BadInput: the table cannot be read, or a file lies in no folder of a class.
  """
  del config
  if not 0 <= flags.test_share < 1:
    raise BadInput("--test_share", "flags", f"{flags.test_share} is no share", "Give 0 or more and less than 1.")
  table = flags.annotations or _only_table(source)
  clips, bad = _of_table(table) if table else (_of_folders(source), [])
  names = class_names.lines(flags.class_names) if flags.class_names else sorted({clip.label for clip in clips})
  labels = {name: label for label, name in enumerate(names)}
  items, has_splits = [], any(clip.split for clip in clips)
  for clip in clips:
    if clip.label not in labels:
      problem = f"unknown label {clip.label!r}"
      bad.append(BadInput(table or source, clip.where, problem, f"Use one of those in {flags.class_names}."))
      continue
    split = clip.split or ("train" if has_splits else _draw_split(clip.group, flags.test_share))
    file = clip.file if clip.file.is_file() else None
    items.append(ClipItem(clip.id, split, file, labels[clip.label], clip.group, clip.where, clip.start, clip.end))
  aliases = _aliases({item.split for item in items})
  return ClipPlan(items, names, f"Clips of {len(names)} classes.", aliases, bad)


def _only_table(source: str | Path) -> Path | None:
  tables = sorted(Path(source).glob("*.csv"))
  if len(tables) > 1:
    listed = ", ".join(path.name for path in tables)
    raise BadInput(source, "tables", f"several .csv files ({listed})", "Name one with --annotations.")
  return tables[0] if tables else None


def _of_table(table: str | Path) -> tuple[list[_Clip], list[BadInput]]:
  """The clips of a table, and what is wrong with its other rows. What has no id is called by its file and times."""
  rows, bad = clip_table.read(table)
  clips = []
  for row in rows:
    name = Path(row.file).with_suffix("").as_posix()
    end = "end" if row.end is None else f"{row.end:.3f}"
    part = "" if row.start is None and row.end is None else f"_{row.start or 0:.3f}_{end}"
    file, group = Path(table).parent / row.file, row.group or name
    clips.append(_Clip(row.id or f"{name}{part}", file, row.label, row.split, group, row.where, row.start, row.end))
  return clips, bad


def _of_folders(source: str | Path) -> list[_Clip]:
  """The clips in CLASS/ or SPLIT/CLASS/."""
  clips = []
  for path in clip_sources.all_video_files(source):
    below = path.relative_to(source)
    split = below.parts[0] if len(below.parts) > 2 and below.parts[0] in _SPLITS else ""
    if len(below.parts) < 2 + bool(split):
      problem = "lies in no folder of a class"
      raise BadInput(path, "folders", problem, "Sort the files into CLASS/ or SPLIT/CLASS/, or add a table.")
    label, name = below.parts[1] if split else below.parts[0], below.with_suffix("").as_posix()
    clips.append(_Clip(name, path, label, split, name, below.as_posix()))
  return clips


def _draw_split(group: str, test_share: float) -> str:
  """ "test" or "train", the same for all clips of a group, whatever other groups there are."""
  return "test" if zlib.crc32(group.encode()) / 2**32 < test_share else "train"


def _aliases(splits: set[str]) -> dict[str, list[str]]:
  """ "train" and "test" for those that train and test under another name."""
  kinds = collections.defaultdict(list)
  for split in sorted(splits):
    kind = {"tr": "train", "va": "val", "te": "test"}.get(split[:2] if split in _SPLITS else "")
    if kind:
      kinds[kind].append(split)
  found = {"train": kinds["train"], "test": kinds["test"] or kinds["val"]}
  return {alias: of for alias, of in found.items() if of and alias not in splits}
