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

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import epic100_anticipation

DATASET = Dataset(
  name="epic100_anticipation",
  version="1.0.0",
  kind="windows",
  doc=__doc__,
  reader=epic100_anticipation.read,
  description="EPIC-Kitchens-100: first-person kitchen videos, for anticipating actions, pairs of a verb and a noun.",
  splits=("training", "validation"),
  aliases={"train": ("training",), "test": ("validation",)},
  annotations="folder of the CSV files; default: --source",
)
