"""EPIC-Kitchens-100: first-person kitchen videos with dense segments of verbs and nouns.

Configurations: epic100/verb (97 classes), epic100/noun (300), epic100/action (verb-noun pairs, as actions.csv numbers
them). --source is a folder of features, one NAME.npz (.npy, .h5, .pt) of steps x dim a video. --annotations is either

  a folder of CSV files: EPIC_100_train.csv or training.csv, EPIC_100_validation.csv or validation.csv; the videos'
  durations from EPIC_100_video_info.csv or video_lengths.csv; EPIC_100_verb_classes.csv and EPIC_100_noun_classes.csv
  for the names; actions.csv for epic100/action;

  or ActionFormer's epic_kitchens_100_verb.json or epic_kitchens_100_noun.json, whose classes without an annotation are
  named "class 270".

Splits: "training" (alias "train", 67,217 segments) and "validation" (alias "test", 9,668).
"""

from pathlib import Path

from jaxvid.data_prep.building import activitynet_json, epic_csv, sequences
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.sequences import Timing

VERSION = "1.0.0"
SPLITS = ("training", "validation")
NUM_CLASSES = {"verb": 97, "noun": 300, "action": None}  # By configuration.
EXTRACTORS = {"slowfast": Timing(30, 16, 32)}


def add_flags(parser):
  parser.add_argument("--annotations", metavar="PATH", help="folder of CSV files, or a .json file; default: --source")
  sequences.add_flags(parser, EXTRACTORS, "slowfast")


def annotated(path, config, flags):
  """The annotations in a folder of CSV files, or in a JSON file."""
  del flags
  if config not in NUM_CLASSES:
    raise BadInput(f"epic100/{config}", "configuration", "unknown", f"Use one of: {', '.join(NUM_CLASSES)}.")
  if Path(path).is_dir():
    return epic_csv.read(path, config)
  return activitynet_json.read(path, subsets=SPLITS, num_classes=NUM_CLASSES[config])


def aliases(splits):
  """Which splits "train" and "test" mean."""
  del splits
  return {"train": ["training"], "test": ["validation"]}


def plan(source, config, flags):
  """A Plan; `config` is a key of NUM_CLASSES."""
  description = f"EPIC-Kitchens-100: first-person kitchen videos with dense segments of {config}s."
  found = annotated(flags.annotations or source, config, flags)
  return sequences.make_plan(found, source, config, flags, description, aliases)
