"""EGTEA Gaze+ for action anticipation: first-person cooking, in three splits.

Configurations: egtea/split1, egtea/split2 and egtea/split3; scores are means over the three. --annotations is the
folder of CSV files in RULSTM's repository (RULSTM/data/egtea): training1.csv and validation1.csv (and 2, 3), in frames
at 30 a second, and actions.csv, whose 106 pairs of 19 verbs and 51 nouns are the classes.

The videos have 24 frames a second, the files' frames 30: RULSTM reads them as such, the shortest action has 15 frames,
half a second, and the last actions of the 86 videos end after 27 hours in all, of the 28 that the dataset has.

Features are --source, a folder of one NAME.npy (.npz, .h5, .pt) of steps x dim a video, with --fps, --feat_stride and
--num_frames; or RULSTM's, with --lmdb (then --source is the folder of CSV files), which has databases of its own for
each split. A video is taken to be as long as its features.

Splits: "training" (alias "train"; 8,299, 8,299 and 8,300 segments) and "validation" (alias "test"; 2,022, 2,022 and
2,021). They share out segments, not videos: all videos of "validation" are in "training" as well, in each with the
segments of that split.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import egtea

DATASET = Dataset(
  name="egtea",
  version="1.0.0",
  kind="windows",
  doc=__doc__,
  reader=egtea.read,
  description="EGTEA Gaze+: first-person cooking, for anticipating actions, pairs of a verb and a noun.",
  configs=tuple(egtea.NUMBERS),
  splits=("training", "validation"),
  aliases={"train": ("training",), "test": ("validation",)},
  annotations="folder of the CSV files; default: --source",
)
