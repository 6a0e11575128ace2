"""Your own recordings: any folder of features, and annotations in ActivityNet's JSON container.

--source is a folder of one file a recording, NAME.npy, .npz, .h5 or .pt of steps x dim (or one .h5 file with one array
a recording). The annotations:

    {"fps": 30, "feat_stride": 4, "num_frames": 16,
     "database": {NAME: {"subset": "train", "duration": 33.7,
                         "annotations": [{"label": "jump", "segment": [0.2, 1.1]}, ...]}, ...}}

Segments and durations are in seconds. fps, feat_stride and num_frames say how the features were cut: step i sees the
frames from i * feat_stride on, num_frames of them. They may stand beside "database", in a recording, or be given as
flags, which win. "label_id" may number the classes. Each subset becomes a split of its name; "train" and "test" are
further names of those that train and test. Trimmed clips of video (a folder a class, or a CSV table): see clip_folder.
"""

from pathlib import Path

from jaxvid.data_prep.building import activitynet_json, sequences
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.video.container import SUFFIXES

VERSION = "1.0.0"

_TRAIN, _VALIDATION, _TEST = ("train", "training"), ("validation", "val", "valid"), ("test", "testing")


def add_flags(parser):
  parser.add_argument("--annotations", metavar="FILE", help="default: the one .json file in --source")
  parser.add_argument("--class_names", metavar="FILE", help="the classes, one a line, in the order of their ids")
  parser.add_argument("--num_classes", type=int, help="classes there are, where some have no annotation")
  parser.add_argument("--single_class", action="store_true", help='make every label "action"')
  parser.add_argument(
    "--drop_repeated", action="store_true", help="leave out annotations that repeat another or are under 1 ms"
  )
  sequences.add_flags(parser, {})


def annotated(file, config, flags):
  """The annotations in a file."""
  del config
  return activitynet_json.read(
    file,
    names=_lines(flags.class_names) if flags.class_names else None,
    num_classes=flags.num_classes,
    single_class=flags.single_class,
    drop_repeated=flags.drop_repeated,
  )


def plan(source, config, flags):
  """A Plan; `config` is free to name the features."""
  if not flags.annotations and _holds_clips(Path(source)):
    problem = "holds videos or a table of them, and this is for features"
    raise BadInput(source, "--source", problem, f"Build clips of one action each with clip_folder/{config}.")
  file = flags.annotations or activitynet_json.only_json(source)
  found = annotated(file, config, flags)
  return sequences.make_plan(found, source, config, flags, f"Recordings annotated in {found.file}.", aliases)


def aliases(splits):
  """Which splits "train" and "test" mean. Without a split to train on, "validation" trains where there is a test."""
  train, validation, test = ([split for split in splits if split in of] for of in (_TRAIN, _VALIDATION, _TEST))
  found = {"train": train or (validation if test else []), "test": test or validation}
  return {alias: of for alias, of in found.items() if of and of != [alias]}


def _holds_clips(source):
  """Whether a folder is one that `clip_folder` reads, rather than features that lack their annotations."""
  if any(source.glob("*.json")):
    return False
  return any(source.glob("*.csv")) or any(path.suffix.lower() in SUFFIXES for path in source.rglob("*"))


def _lines(file):
  try:
    with open(file, encoding="utf-8") as stream:
      return [line.strip() for line in stream if line.strip()]
  except (OSError, UnicodeDecodeError) as error:
    raise BadInput(file, "class names", f"not readable ({error})", "Check --class_names.") from None
