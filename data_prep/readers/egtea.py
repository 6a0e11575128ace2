"""Reads the CSV files of EGTEA Gaze+ in RULSTM's repository."""

import argparse
from pathlib import Path

from jaxvid.data_prep.building import anticipation_csv
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import csv_table

NUMBERS = {"split1": "1", "split2": "2", "split3": "3"}  # By configuration, in the files' names.


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations in the folder --annotations, or in the source."""
  folder = Path(flags.annotations or source)
  actions, verbs, nouns = _actions(csv_table.first(folder, ("actions.csv",)))
  segments = {
    split: anticipation_csv.segments_in_frames(csv_table.first(folder, (f"{split}{NUMBERS[config]}.csv",)), actions)
    for split in ("training", "validation")
  }
  return Annotated(
    file=str(folder),
    class_names=actions.names,
    recordings=anticipation_csv.recordings(segments),
    metadata=anticipation_csv.metadata(actions, verbs, nouns),
  )


def _actions(file: Path) -> tuple[anticipation_csv.Actions, list[str], list[str]]:
  """The Actions, and the names of verbs and nouns, of lines such as "6, 1_5, Open_cabinet"."""
  rows, named = [], dict[str, dict[int, str]](verb={}, noun={})
  for line, row in csv_table.plain_rows(file, ("id", "verb_noun", "action")):
    ids, names = row["verb_noun"].split("_"), row["action"].split("_")
    if len(ids) != 2 or len(names) != 2:
      problem = f"{row['verb_noun']!r} and {row['action']!r} are not of two parts"
      raise BadInput(file, f"line {line}", problem, csv_table.REMEDY)
    pair = dict(zip(("verb", "noun"), ids, strict=True))
    for part, name in zip(pair, names, strict=True):
      index = csv_table.number(file, line, pair, part, int)
      if named[part].setdefault(index, name) != name:
        problem = f"{part} {index} is called {name!r} and {named[part][index]!r}"
        raise BadInput(file, f"line {line}", problem, csv_table.REMEDY)
    rows.append((line, row | pair))
  for part, names in named.items():
    if sorted(names) != list(range(len(names))):
      raise BadInput(file, f"{part}s", "their ids are not every number from 0 on", csv_table.REMEDY)
  verbs, nouns = ([names[index] for index in range(len(names))] for names in named.values())
  return anticipation_csv.make_actions(file, rows, len(verbs), len(nouns)), verbs, nouns
