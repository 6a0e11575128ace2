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

from jaxvid.data_prep.building import activitynet_json, sequences
from jaxvid.data_prep.building.sequences import Timing

VERSION = "1.0.0"
SPLITS = ("training", "validation", "testing")
EXTRACTORS = {"tsp": Timing(15, 16, 16), "i3d": Timing(25, 16, 16)}

# The published segment of this video ends 0.8 s after it.
OVERRUN = frozenset(["m--b-Ltjm_Y"])


def add_flags(parser):
  parser.add_argument("--annotations", metavar="FILE", help="default: the one .json file in --source")
  parser.add_argument("--single_class", action="store_true", help='make every label "action"')
  parser.add_argument("--testing", action="store_true", help='the videos without labels too, as the split "testing"')
  sequences.add_flags(parser, EXTRACTORS, "tsp", prefixes=("v_", ""))


def annotated(file, config, flags):
  """The annotations in a file."""
  del config
  found = activitynet_json.read(
    file, subsets=SPLITS, single_class=flags.single_class, drop_repeated=True, overrun=OVERRUN
  )
  return found if flags.testing else found.without("testing")


def aliases(splits):
  """Which splits "train" and "test" mean."""
  del splits
  return {"train": ["training"], "test": ["validation"]}


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  file = flags.annotations or activitynet_json.only_json(source)
  description = "ActivityNet-1.3: untrimmed videos with the segments of 200 everyday activities."
  return sequences.make_plan(annotated(file, config, flags), source, config, flags, description, aliases)
