"""Ego4D moment queries: first-person clips of about eight minutes with the segments of 110 everyday activities.

--source is a folder of features, one CLIP.npy (.npz, .h5, .pt) of steps x dim a clip, and --annotations the clips in
ActionFormer's container, as its tools/convert_ego4d_trainval.py makes both of the official release. Splits: "training"
(alias "train") and "validation" (alias "test"); clips of other subsets become splits of their names with --all_subsets.

Kinds of features go into configurations of their names, which also set the timing: ego4d_mq/slowfast,
ego4d_mq/omnivore, ego4d_mq/egovlp. Several are joined step by step, in the order given, with --join:

    python -m data_prep.build ego4d_mq/omnivore_egovlp --source=omnivore_features --join=egovlp_features ...
"""

from jaxvid.data_prep.building import activitynet_json, sequences
from jaxvid.data_prep.building.sequences import Timing

VERSION = "1.0.0"
SPLITS = ("training", "validation")
# Clips are 32 frames of SlowFast and Omnivore, which also count where they are joined with EgoVLP's 16.
EXTRACTORS = dict.fromkeys(
  ("slowfast", "omnivore", "slowfast_egovlp", "omnivore_egovlp", "slowfast_omnivore_egovlp"), Timing(30, 16, 32)
) | {"egovlp": Timing(30, 16, 16)}


def add_flags(parser):
  parser.add_argument("--annotations", metavar="FILE", help="default: the one .json file in --source")
  parser.add_argument("--all_subsets", action="store_true", help="clips of other subsets too, such as those to predict")
  sequences.add_flags(parser, EXTRACTORS, "slowfast")


def annotated(file, config, flags):
  """The annotations in a file."""
  del config
  found = activitynet_json.read(file)
  return found if flags.all_subsets else found.without(*(set(found.recordings) - set(SPLITS)))


def aliases(splits):
  """Which splits "train" and "test" mean."""
  del splits
  return {"train": ["training"], "test": ["validation"]}


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  file = flags.annotations or activitynet_json.only_json(source)
  description = "Ego4D moment queries: first-person clips with the segments of 110 everyday activities."
  return sequences.make_plan(annotated(file, config, flags), source, config, flags, description, aliases)
