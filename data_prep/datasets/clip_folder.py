"""Your own clips: a folder per class, or a CSV table of files and labels.

--source is a folder of video files, of any name:

    CLASS/*.mp4                 a class a folder, or
    SPLIT/CLASS/*.mp4           with SPLIT one of train, val, validation, test,

or it holds one .csv file (or --annotations names one) with the columns file and label, and if you like start, end
(seconds of the file), split, group (clips of the same recording) and id; paths are relative to the table's folder.
Without splits everything is "train", but for --test_share of the groups of each class. Classes are numbered in the
order of the alphabet, or of --class_names.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import clip_folder

DATASET = Dataset(
  name="clip_folder",
  version="1.0.0",
  kind="clips",
  doc=__doc__,
  reader=clip_folder.read,
  flags={
    "--annotations": dict(metavar="FILE.csv", help="default: the one .csv file in --source"),
    "--class_names": dict(metavar="FILE", help="the classes, one a line, in the order of their labels"),
    "--test_share": dict(type=float, default=0.0, metavar="X", help="share of the groups that test, without splits"),
  },
  encode="copy",
)
