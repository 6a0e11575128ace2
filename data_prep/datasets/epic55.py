"""EPIC-Kitchens-55 for action anticipation: RULSTM's split of the videos with public annotations.

--annotations is a folder of CSV files, from RULSTM's repository (RULSTM/data/ek55) and from the official release:

  training.csv and validation.csv, in frames at 30 a second. Where EPIC_train_action_labels.csv is there, in seconds,
  times and labels are its own, and these two say only which segment is in which split;
  actions.csv, whose 2,513 pairs of verb and noun are the classes;
  EPIC_many_shot_verbs.csv (26) and EPIC_many_shot_nouns.csv (71), the classes with enough examples to be scored;
  EPIC_verb_classes.csv and EPIC_noun_classes.csv for the names of the 125 verbs and 352 nouns. They may be absent: a
  class is then called as in the files of many-shot classes, or as most of its actions call it, or "verb 94".

Features are --source, a folder of one NAME.npy (.npz, .h5, .pt) of steps x dim a video, with --fps, --feat_stride and
--num_frames; or RULSTM's, with --lmdb (then --source is the folder of CSV files). The configuration's name is free:
epic55/tsn. A video is taken to be as long as its features.

Splits: "training" (alias "train", 23,493 segments in 232 videos) and "validation" (alias "test", 4,979 in 40).
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import epic55

DATASET = Dataset(
  name="epic55",
  version="1.0.0",
  kind="windows",
  doc=__doc__,
  reader=epic55.read,
  description="EPIC-Kitchens-55: first-person kitchen videos, for anticipating actions, pairs of a verb and a noun.",
  splits=("training", "validation"),
  aliases={"train": ("training",), "test": ("validation",)},
  flags={
    "--many_shot_actions": dict(
      choices=tuple(epic55.MANY_SHOT_ACTIONS),
      default="either",
      help="an action is many-shot where either of its verb and noun is, as in RULSTM's code, or both; default: either",
    )
  },
  annotations="folder of the CSV files; default: --source",
)
