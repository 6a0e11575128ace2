"""EPIC-Kitchens-100's annotations for anticipation, from the official CSV files and those in RULSTM's repository."""

import argparse
from pathlib import Path

from jaxvid.data_prep.building import anticipation_csv, epic_csv
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.formats import action_classes, csv_table

OFFICIAL = {"training": "EPIC_100_train.csv", "validation": "EPIC_100_validation.csv"}
IN_FRAMES = {"training": "training.csv", "validation": "validation.csv"}
SUBSETS = {
  "unseen": ("validation_unseen_participants_ids.csv", ("verb", "noun", "action")),
  "tail_verb": ("validation_tail_verbs_ids.csv", ("verb",)),
  "tail_noun": ("validation_tail_nouns_ids.csv", ("noun",)),
  "tail_action": ("validation_tail_actions_ids.csv", ("action",)),
}


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """Reads the CSV files in the folder --annotations, or in the source.

  Raises:
    BadInput: a file is missing or bad, or two contradict each other.
  """
  del config
  folder = Path(flags.annotations or source)
  verbs, nouns = epic_csv.class_names(folder, "verb"), epic_csv.class_names(folder, "noun")
  actions = action_classes.read(csv_table.first(folder, ("actions.csv",)), len(verbs), len(nouns))
  if all((folder / name).exists() for name in OFFICIAL.values()):
    files = OFFICIAL
    segments = {
      split: anticipation_csv.segments_in_seconds(folder / name, "narration_id", actions)
      for split, name in files.items()
    }
  else:  # Training and validation both in seconds, or both in frames: not one of each.
    files = IN_FRAMES
    segments = {
      split: anticipation_csv.segments_in_frames(csv_table.first(folder, (name,)), actions)
      for split, name in files.items()
    }
  subsets = {
    subset: anticipation_csv.subset(csv_table.first(folder, (name,)), of, segments["validation"])
    for subset, (name, of) in SUBSETS.items()
  }
  return Annotated(
    file=str(folder),
    class_names=actions.names,
    recordings=anticipation_csv.recordings(segments, epic_csv.durations(folder)),
    metadata=anticipation_csv.metadata(actions, verbs, nouns, subsets=subsets),
    remarks=(f"times of the actions are those of {' and '.join(files.values())}",),
  )
