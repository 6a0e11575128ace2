"""ActivityNet-1.3: untrimmed videos with the segments of 200 everyday activities.

--source is a folder of features made elsewhere, one v_NAME.npy or NAME.npy (.npz, .h5, .pt) of steps x dim a video, or
one .h5 file of all; --annotations is the official activity_net.v1-3.json or ActionFormer's anet1.3_*_filtered.json.
Splits: "training" (alias "train") and "validation" (alias "test": the testing videos have no public labels).
Annotations that repeat another, and those under a millisecond, are left out, as ActionFormer leaves them out.

ActionFormer and TriDet find actions of one class here, whose names come from video-level scores: --single_class. TSP
features go into activitynet13/tsp, I3D features into activitynet13/i3d, which also sets their timing. Sequences keep
their lengths on disk; data.resize_to makes them one length when they are read. Where features were resized already,
say --fixed_length.
"""

import argparse
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import activitynet
from jaxvid.records import Timing

# The published segment of this video ends 0.8 s after it.
OVERRUN = frozenset(["m--b-Ltjm_Y"])


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations, of the videos with labels or of all."""
  settings = dict(single_class=flags.single_class, drop_repeated=True, overrun=OVERRUN)
  found = activitynet.read(source, flags, subsets=DATASET.splits, **settings)
  return found if flags.testing else found.without("testing")


DATASET = Dataset(
  name="activitynet13",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=read,
  splits=("training", "validation", "testing"),
  aliases={"train": ("training",), "test": ("validation",)},
  flags={
    "--single_class": dict(action="store_true", help='make every label "action"'),
    "--testing": dict(action="store_true", help='the videos without labels too, as the split "testing"'),
  },
  annotations="default: the one .json file in --source",
  extractors={"tsp": Timing(15, 16, 16), "i3d": Timing(25, 16, 16)},
  prefixes=("v_", ""),
)
