"""EGTEA Gaze+ for action anticipation: first-person cooking, in three splits.

Configurations: egtea/split1, egtea/split2 and egtea/split3; scores are means over the three. --annotations is the
folder of CSV files in RULSTM's repository (RULSTM/data/egtea): training1.csv and validation1.csv (and 2, 3), in frames
at 30 a second, and actions.csv, whose 106 pairs of 19 verbs and 51 nouns are the classes.

The videos have 24 frames a second, the files' frames 30: RULSTM reads them as such, the shortest action has 15 frames,
half a second, and the last actions of the 86 videos end after 27 hours in all, of the 28 that the dataset has.

Features are --source, a folder of one NAME.npy (.npz, .h5, .pt) of steps x dim a video, with --fps, --feat_stride and
--num_frames; or RULSTM's, with --lmdb (then --source is the folder of CSV files), which has databases of its own for
each split. A video is taken to be as long as its features.

Splits: "training" (alias "train"; 8,299, 8,299 and 8,300 segments) and "validation" (alias "test"; 2,022, 2,022 and
2,021). They share out segments, not videos: all videos of "validation" are in "training" as well, in each with the
segments of that split.
"""

from pathlib import Path

from jaxvid.data_prep.building import anticipation, anticipation_csv, csv_rows
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput

VERSION = "1.0.0"
CONFIGS = {"split1": "1", "split2": "2", "split3": "3"}  # To the number in the files' names.

add_flags = anticipation.add_flags
add_stats_flags = anticipation.add_stats_flags
aliases = anticipation.aliases


def annotated(path, config, flags):
  """The annotations in a folder of CSV files."""
  del flags
  if config not in CONFIGS:
    raise BadInput(f"egtea/{config}", "configuration", "unknown", f"Use one of: {', '.join(CONFIGS)}.")
  folder = Path(path)
  actions, verbs, nouns = _actions(csv_rows.first(folder, ("actions.csv",)))
  segments = {
    split: anticipation_csv.segments_in_frames(csv_rows.first(folder, (f"{split}{CONFIGS[config]}.csv",)), actions)
    for split in ("training", "validation")
  }
  return Annotated(
    file=str(folder),
    class_names=actions.names,
    recordings=anticipation_csv.recordings(segments),
    metadata=anticipation_csv.metadata(actions, verbs, nouns),
  )


def plan(source, config, flags):
  """A Plan; `config` is a key of CONFIGS."""
  description = "EGTEA Gaze+: first-person cooking, for anticipating actions, pairs of a verb and a noun."
  return anticipation.make_plan(
    annotated(flags.annotations or source, config, flags), source, config, flags, description
  )


def _actions(file):
  """The Actions, and the names of verbs and nouns, of lines such as "6, 1_5, Open_cabinet"."""
  rows, named = [], {"verb": {}, "noun": {}}
  for line, row in csv_rows.plain_rows(file, ("id", "verb_noun", "action")):
    ids, names = row["verb_noun"].split("_"), row["action"].split("_")
    if len(ids) != 2 or len(names) != 2:
      problem = f"{row['verb_noun']!r} and {row['action']!r} are not of two parts"
      raise BadInput(file, f"line {line}", problem, csv_rows.REMEDY)
    pair = dict(zip(("verb", "noun"), ids, strict=True))
    for part, name in zip(pair, names, strict=True):
      index = csv_rows.number(file, line, pair, part, int)
      if named[part].setdefault(index, name) != name:
        problem = f"{part} {index} is called {name!r} and {named[part][index]!r}"
        raise BadInput(file, f"line {line}", problem, csv_rows.REMEDY)
    rows.append((line, row | pair))
  for part, names in named.items():
    if sorted(names) != list(range(len(names))):
      raise BadInput(file, f"{part}s", "their ids are not every number from 0 on", csv_rows.REMEDY)
  verbs, nouns = ([names[index] for index in range(len(names))] for names in named.values())
  return anticipation_csv.make_actions(file, rows, len(verbs), len(nouns)), verbs, nouns
