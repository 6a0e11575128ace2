"""EGTEA Gaze+'s annotations, from the CSV files in RULSTM's repository."""

import argparse
from pathlib import Path

from jaxvid.data_prep.building import anticipation_csv
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.formats import action_classes, csv_table

NUMBERS = {"split1": "1", "split2": "2", "split3": "3"}  # By configuration, in the files' names.


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """Reads the CSV files in the folder --annotations, or in the source.

  Raises:
    BadInput: a file is missing or bad, or two contradict each other.
  """
  folder = Path(flags.annotations or source)
  actions, verbs, nouns = action_classes.read_egtea(csv_table.first(folder, ("actions.csv",)))
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
