"""Your own recordings: any folder of features, and annotations in ActivityNet's JSON container.

--source is a folder of one file a recording, NAME.npy, .npz, .h5 or .pt of steps x dim (or one .h5 file with one array
a recording). The annotations:

    {"fps": 30, "feat_stride": 4, "num_frames": 16,
     "database": {NAME: {"subset": "train", "duration": 33.7,
                         "annotations": [{"label": "jump", "segment": [0.2, 1.1]}, ...]}, ...}}

Segments and durations are in seconds. fps, feat_stride and num_frames say how the features were cut: step i sees the
frames from i * feat_stride on, num_frames of them. They may stand beside "database", in a recording, or be given as
flags, which win. "label_id" may number the classes. Each subset becomes a split of its name; "train" and "test" are
further names of those that train and test. Trimmed clips of video (a folder a class, or a CSV table): see clip_folder.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import generic

DATASET = Dataset(
  name="generic",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=generic.read,
  description="Recordings annotated in {file}.",
  flags={
    "--class_names": dict(metavar="FILE", help="the classes, one a line, in the order of their ids"),
    "--num_classes": dict(type=int, help="classes there are, where some have no annotation"),
    "--single_class": dict(action="store_true", help='make every label "action"'),
    "--drop_repeated": dict(action="store_true", help="leave out annotations that repeat another or are under 1 ms"),
  },
  annotations="default: the one .json file in --source",
)
