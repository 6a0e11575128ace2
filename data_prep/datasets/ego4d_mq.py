"""Ego4D moment queries: first-person clips of about eight minutes with the segments of 110 everyday activities.

--source is a folder of features, one CLIP.npy (.npz, .h5, .pt) of steps x dim a clip, and --annotations the clips in
ActionFormer's container, as its tools/convert_ego4d_trainval.py makes both of the official release. Splits: "training"
(alias "train") and "validation" (alias "test"); clips of other subsets become splits of their names with --all_subsets.

Kinds of features go into configurations of their names, which also set the timing: ego4d_mq/slowfast,
ego4d_mq/omnivore, ego4d_mq/egovlp. Several are joined step by step, in the order given, with --join:

    jaxvid build ego4d_mq/omnivore_egovlp --source=omnivore_features --join=egovlp_features ...
"""

import argparse
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import activitynet
from jaxvid.records import Timing

# Clips are 32 frames of SlowFast and Omnivore, which also count where they are joined with EgoVLP's 16.
OF_32 = ("slowfast", "omnivore", "slowfast_egovlp", "omnivore_egovlp", "slowfast_omnivore_egovlp")


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations, of the two splits or of all subsets."""
  found = activitynet.read(source, flags)
  return found if flags.all_subsets else found.without(*(set(found.recordings) - set(DATASET.splits)))


DATASET = Dataset(
  name="ego4d_mq",
  version="1.0.0",
  kind="sequences",
  doc=__doc__,
  reader=read,
  description="Ego4D moment queries: first-person clips with the segments of 110 everyday activities.",
  splits=("training", "validation"),
  aliases={"train": ("training",), "test": ("validation",)},
  flags={
    "--all_subsets": dict(action="store_true", help="clips of other subsets too, such as those to predict"),
  },
  annotations="default: the one .json file in --source",
  extractors=dict.fromkeys(OF_32, Timing(30, 16, 32)) | {"egovlp": Timing(30, 16, 16)},
)
