"""HAA500: 500 classes of atomic human actions, 20 clips each, CLASS/CLASS_NNN.mp4.

--source is the folder of the class folders. The official split is by the number of the clip in its class: --split says
how many train, validate and test, one after the other.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import haa500

DATASET = Dataset(
  name="haa500",
  version="1.0.0",
  kind="clips",
  doc=__doc__,
  reader=haa500.read,
  splits=("train", "val", "test"),
  flags={
    "--split": dict(
      type=int,
      nargs=3,
      default=(16, 1, 3),
      metavar=("TRAIN", "VAL", "TEST"),
      help="clips a class; default: 16 1 3",
    )
  },
)
