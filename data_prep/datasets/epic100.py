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

import argparse
from pathlib import Path

from jaxvid.data_prep.building import activitynet_json, epic_csv
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.dataset import Dataset
from jaxvid.records import Timing

NUM_CLASSES = {"verb": 97, "noun": 300, "action": None}  # By configuration.


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations in a folder of CSV files, or in a JSON file."""
  path = flags.annotations or source
  if Path(path).is_dir():
    return epic_csv.read(path, config)
  return activitynet_json.read(path, subsets=DATASET.splits, num_classes=NUM_CLASSES[config])


DATASET = Dataset(
  name="epic100",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=read,
  description="EPIC-Kitchens-100: first-person kitchen videos with dense segments of {config}s.",
  configs=tuple(NUM_CLASSES),
  splits=("training", "validation"),
  aliases={"train": ("training",), "test": ("validation",)},
  annotations="folder of CSV files, or a .json file; default: --source",
  extractors={"slowfast": Timing(30, 16, 32)},
)
