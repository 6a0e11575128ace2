"""HACS Segments: untrimmed videos with the segments of 200 activities (ActivityNet's classes).

--source is a folder of features made elsewhere, one NAME.npy or v_NAME.npy (.npz, .h5, .pt) of steps x dim a video, at
the top or in a folder a split; --annotations is the official HACS_segments_v1.1.1.json or one in ActionFormer's
container. Splits: "training" (alias "train") and "validation" (alias "test"). Repeated annotations are left out, as
TriDet leaves them out. I3D features go into hacs/i3d, SlowFast features into hacs/slowfast, which also sets their
timing. TriDet's SlowFast files (.pkl) are pickles of torch tensors, which may run code: join slow_feature and
fast_feature to one array of steps x 2,304 and save that as .npy.
"""

from jaxvid.data_prep.building import activitynet_json, sequences
from jaxvid.data_prep.building.sequences import Timing

VERSION = "1.0.0"
SPLITS = ("training", "validation", "testing")
EXTRACTORS = {"i3d": Timing(2, 1, 1), "slowfast": Timing(15, 8, 32)}


def add_flags(parser):
  parser.add_argument("--annotations", metavar="FILE", help="default: the one .json file in --source")
  parser.add_argument("--testing", action="store_true", help='the videos without labels too, as the split "testing"')
  sequences.add_flags(parser, EXTRACTORS, "i3d", prefixes=("", "v_"))


def annotated(file, config, flags):
  """The annotations in a file."""
  del config
  found = activitynet_json.read(file, subsets=SPLITS, drop_repeated=True)
  return found if flags.testing else found.without("testing")


def aliases(splits):
  """Which splits "train" and "test" mean."""
  del splits
  return {"train": ["training"], "test": ["validation"]}


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  file = flags.annotations or activitynet_json.only_json(source)
  description = "HACS Segments: untrimmed videos with the segments of 200 activities."
  return sequences.make_plan(annotated(file, config, flags), source, config, flags, description, aliases)
