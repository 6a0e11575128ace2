"""THUMOS14: untrimmed sports videos with the segments of 20 actions.

--source is a folder of features made elsewhere, one NAME.npy of steps x dim a video; the annotations are ActionFormer's
thumos14.json. The split "validation" (200 videos, 3,007 segments) trains, hence its alias "train"; "test" has 212
videos, 3,358 segments. Other features of the same videos go beside these as another configuration: build thumos14/NAME.
"""

import collections
import functools
import math
from pathlib import Path

import numpy as np

from data_prep import activitynet_json
from data_prep.checks import BadInput
from data_prep.plan import Plan, Recording
from jaxvid.data.contract import FeatureContract

VERSION = "1.0.0"
SPLITS = ("validation", "test")

# The published segments of these videos overrun them, by up to 361 s. They are kept: published scores count them.
OVERRUN = frozenset(
  [f"video_test_{number:07d}" for number in (270, 814, 950, 1058, 1081, 1195, 1207, 1255, 1459)]
  + [f"video_validation_{number:07d}" for number in (311, 364, 411, 413, 419, 420, 484, 856)]
)


def add_flags(parser):
  parser.add_argument("--annotations", metavar="FILE", help="thumos14.json; default: the one .json file in --source")
  parser.add_argument("--feat_stride", type=float, default=4, help="frames from one step to the next")
  parser.add_argument("--num_frames", type=float, default=16, help="frames that one step sees")
  parser.add_argument("--dtype", choices=("float16", "float32"), default="float16", help="of the stored features")
  parser.add_argument("--extractor", default="i3d", help="what made the features; models of others refuse them")
  parser.add_argument("--weights_hash", default="", help="hash of the extractor's weights, where it is known")


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  del config
  annotations_file = flags.annotations or _only_json(source)
  database = activitynet_json.read_database(annotations_file)
  names = activitynet_json.class_names(database)

  readers = {split: [] for split in SPLITS}
  for name, entry in sorted(database.items()):
    split = str(entry.get("subset")).lower()
    if split not in readers:
      raise BadInput(annotations_file, f"{name} subset", f"{split!r} is unknown", f"Use one of: {', '.join(SPLITS)}.")
    readers[split].append(functools.partial(_read, source, annotations_file, name, entry, names, flags))

  return Plan(
    readers=readers,
    contract=FeatureContract(
      extractor=flags.extractor,
      weights_hash=flags.weights_hash,
      fps=_common_fps(database),
      feat_stride=flags.feat_stride,
      num_frames=flags.num_frames,
      dim=_common_dim(source, database),
      normalization="none",
    ),
    class_names=names,
    aliases={"train": ["validation"]},
    description="THUMOS14: untrimmed sports videos with the segments of 20 actions.",
    dtype=flags.dtype,
  )


def _read(source, annotations_file, name, entry, names, flags):
  """The Recording of one video."""
  file = _features_file(source, name)
  duration = activitynet_json.number(annotations_file, name, entry, "duration")
  return Recording(
    id=name,
    features=_load(file),
    features_file=str(file),
    annotations=activitynet_json.annotations(entry, names, bounds=(0.0, math.inf) if name in OVERRUN else None),
    annotations_file=str(annotations_file),
    fps=activitynet_json.number(annotations_file, name, entry, "fps"),
    feat_stride=flags.feat_stride,
    num_frames=flags.num_frames,
    duration=duration,
  )


def _features_file(source, name):
  return Path(source) / f"{name}.npy"


def _load(file, mmap_mode=None):
  """The array in a .npy file."""
  try:
    return np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
  except FileNotFoundError:
    raise BadInput(file, "features", "no such file, though its video is annotated", "Extract or copy it.") from None
  except (OSError, ValueError, EOFError) as error:
    raise BadInput(file, "features", f"not readable as .npy ({error})", "Extract or copy it again.") from None


def _common_dim(source, database):
  """The dim that most of the files have; those that differ or cannot be read are found when their turn comes."""
  dims = collections.Counter()
  for name in database:
    try:
      dims[_load(_features_file(source, name), mmap_mode="r").shape[-1]] += 1
    except (BadInput, IndexError):
      continue
  if not dims:
    raise BadInput(source, "features", "no readable NAME.npy of an annotated video", "Give the folder of features.")
  return dims.most_common(1)[0][0]


def _common_fps(database):
  """Frames a second if all the videos agree, as they do but for rounding; else None."""
  rates = {round(entry["fps"], 6) for entry in database.values() if isinstance(entry.get("fps"), int | float)}
  return rates.pop() if len(rates) == 1 else None


def _only_json(source):
  files = sorted(Path(source).glob("*.json"))
  if len(files) != 1:
    found = ", ".join(file.name for file in files) or "none"
    raise BadInput(source, "annotations", f"one .json file expected, found {found}", "Give --annotations=FILE.")
  return files[0]
