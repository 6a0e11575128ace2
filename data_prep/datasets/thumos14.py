"""THUMOS14: untrimmed sports videos with the segments of 20 actions.

--source is a folder of features made elsewhere, one NAME.npy (or .npz, .h5, .pt) of steps x dim a video; the
annotations are ActionFormer's thumos14.json. The split "validation" (200 videos, 3,007 segments) trains, hence its
alias "train"; "test" has 212 videos, 3,358 segments. Other features of the same videos go beside these as another
configuration: build thumos14/NAME.
"""

from jaxvid.data_prep.building import activitynet_json, sequences
from jaxvid.data_prep.building.sequences import Timing

VERSION = "1.0.0"
SPLITS = ("validation", "test")
EXTRACTORS = {"i3d": Timing(None, 4, 16)}

# The published segments of these videos overrun them, by up to 361 s. They are kept: published scores count them.
OVERRUN = frozenset(
  [f"video_test_{number:07d}" for number in (270, 814, 950, 1058, 1081, 1195, 1207, 1255, 1459)]
  + [f"video_validation_{number:07d}" for number in (311, 364, 411, 413, 419, 420, 484, 856)]
)


def add_flags(parser):
  parser.add_argument("--annotations", metavar="FILE", help="thumos14.json; default: the one .json file in --source")
  sequences.add_flags(parser, EXTRACTORS, "i3d", default=EXTRACTORS["i3d"])


def annotated(file, config, flags):
  """The annotations in a file."""
  del config, flags
  return activitynet_json.read(file, subsets=SPLITS, overrun=OVERRUN)


def aliases(splits):
  """Which splits "train" and "test" mean."""
  del splits
  return {"train": ["validation"]}


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  file = flags.annotations or activitynet_json.only_json(source)
  description = "THUMOS14: untrimmed sports videos with the segments of 20 actions."
  return sequences.make_plan(annotated(file, config, flags), source, config, flags, description, aliases)
