"""HACS Segments: untrimmed videos with the segments of 200 activities (ActivityNet's classes).

--source is a folder of features made elsewhere, one NAME.npy or v_NAME.npy (.npz, .h5, .pt) of steps x dim a video, at
the top or in a folder a split; --annotations is the official HACS_segments_v1.1.1.json or one in ActionFormer's
container. Splits: "training" (alias "train") and "validation" (alias "test"). Repeated annotations are left out, as
TriDet leaves them out. I3D features go into hacs/i3d, SlowFast features into hacs/slowfast, which also sets their
timing. TriDet's SlowFast files (.pkl) are pickles of torch tensors, which may run code: join slow_feature and
fast_feature to one array of steps x 2,304 and save that as .npy.
"""

import argparse
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import activitynet
from jaxvid.records import Timing


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations, of the videos with labels or of all."""
  found = activitynet.read(source, flags, subsets=DATASET.splits, drop_repeated=True)
  return found if flags.testing else found.without("testing")


DATASET = Dataset(
  name="hacs",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=read,
  description="HACS Segments: untrimmed videos with the segments of 200 activities.",
  splits=("training", "validation", "testing"),
  aliases={"train": ("training",), "test": ("validation",)},
  flags={"--testing": dict(action="store_true", help='the videos without labels too, as the split "testing"')},
  annotations="default: the one .json file in --source",
  extractors={"i3d": Timing(2, 1, 1), "slowfast": Timing(15, 8, 32)},
  prefixes=("", "v_"),
)
