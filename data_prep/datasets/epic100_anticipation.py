"""EPIC-Kitchens-100 for action anticipation: all actions of the training and validation videos, by verb and noun.

--annotations is a folder of CSV files, from the official release and from RULSTM's repository (RULSTM/data/ek100):

  EPIC_100_train.csv and EPIC_100_validation.csv, in seconds; where one is not there, training.csv and validation.csv,
  in frames at 30 a second;
  actions.csv, whose 3,806 pairs of verb and noun are the classes; EPIC_100_verb_classes.csv (97) and
  EPIC_100_noun_classes.csv (300) for the names;
  EPIC_100_video_info.csv or video_lengths.csv for the videos' durations;
  validation_unseen_participants_ids.csv, validation_tail_verbs_ids.csv, validation_tail_nouns_ids.csv and
  validation_tail_actions_ids.csv, segments that are scored by themselves.

Features are --source, a folder of one NAME.npy (.npz, .h5, .pt) of steps x dim a video, with --fps, --feat_stride and
--num_frames; or RULSTM's, with --lmdb (then --source is the folder of CSV files). The configuration's name is free:
epic100_anticipation/tsn.

Splits: "training" (alias "train", 67,217 segments in 495 videos) and "validation" (alias "test", 9,668 in 138). 1,065
segments of validation are of unseen participants; 1,760, 1,900 and 3,105 of tail verbs, nouns and actions.
"""

from pathlib import Path

from jaxvid.data_prep.building import anticipation, anticipation_csv, csv_rows, epic_csv
from jaxvid.data_prep.building.annotated import Annotated

VERSION = "1.0.0"
OFFICIAL = {"training": "EPIC_100_train.csv", "validation": "EPIC_100_validation.csv"}
IN_FRAMES = {"training": "training.csv", "validation": "validation.csv"}
SUBSETS = {
  "unseen": ("validation_unseen_participants_ids.csv", ("verb", "noun", "action")),
  "tail_verb": ("validation_tail_verbs_ids.csv", ("verb",)),
  "tail_noun": ("validation_tail_nouns_ids.csv", ("noun",)),
  "tail_action": ("validation_tail_actions_ids.csv", ("action",)),
}

add_flags = anticipation.add_flags
add_stats_flags = anticipation.add_stats_flags
aliases = anticipation.aliases


def annotated(path, config, flags):
  """The annotations in a folder of CSV files."""
  del config, flags
  folder = Path(path)
  verbs, nouns = epic_csv.class_names(folder, "verb"), epic_csv.class_names(folder, "noun")
  file = csv_rows.first(folder, ("actions.csv",))
  actions = anticipation_csv.make_actions(file, csv_rows.rows(file), len(verbs), len(nouns))
  if all((folder / name).exists() for name in OFFICIAL.values()):
    files = OFFICIAL
    segments = {
      split: anticipation_csv.segments_in_seconds(folder / name, "narration_id", actions)
      for split, name in files.items()
    }
  else:  # Both or none of the official files: one clock for all.
    files = IN_FRAMES
    segments = {
      split: anticipation_csv.segments_in_frames(csv_rows.first(folder, (name,)), actions)
      for split, name in files.items()
    }
  subsets = {
    subset: anticipation_csv.subset(csv_rows.first(folder, (name,)), of, segments["validation"])
    for subset, (name, of) in SUBSETS.items()
  }
  return Annotated(
    file=str(folder),
    class_names=actions.names,
    recordings=anticipation_csv.recordings(segments, epic_csv.durations(folder)),
    metadata=anticipation_csv.metadata(actions, verbs, nouns, subsets=subsets),
    remarks=(f"times of the actions are those of {' and '.join(files.values())}",),
  )


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  description = "EPIC-Kitchens-100: first-person kitchen videos, for anticipating actions, pairs of a verb and a noun."
  return anticipation.make_plan(
    annotated(flags.annotations or source, config, flags), source, config, flags, description
  )
