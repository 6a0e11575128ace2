"""THUMOS14: untrimmed sports videos with the segments of 20 actions.

--source is a folder of features made elsewhere, one NAME.npy (or .npz, .h5, .pt) of steps x dim a video; the
annotations are ActionFormer's thumos14.json. The split "validation" (200 videos, 3,007 segments) trains, hence its
alias "train"; "test" has 212 videos, 3,358 segments. Other features of the same videos go beside these as another
configuration: build thumos14/NAME.
"""

import argparse
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import activitynet
from jaxvid.records import Timing

# The published segments of these videos overrun them, by up to 361 s. They are kept: published scores count them.
OVERRUN = frozenset(
  [f"video_test_{number:07d}" for number in (270, 814, 950, 1058, 1081, 1195, 1207, 1255, 1459)]
  + [f"video_validation_{number:07d}" for number in (311, 364, 411, 413, 419, 420, 484, 856)]
)
I3D = Timing(None, 4, 16)


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations in ActionFormer's container."""
  return activitynet.read(source, flags, subsets=DATASET.splits, overrun=OVERRUN)


DATASET = Dataset(
  name="thumos14",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=read,
  splits=("validation", "test"),
  aliases={"train": ("validation",)},
  annotations="thumos14.json; default: the one .json file in --source",
  extractors={"i3d": I3D},
  other_timing=I3D,
)
