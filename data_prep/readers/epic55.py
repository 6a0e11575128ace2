"""EPIC-Kitchens-55's annotations, from the official CSV files and those in RULSTM's repository."""

import argparse
import collections
from collections.abc import Sequence
from pathlib import Path

from jaxvid.data_prep.building import anticipation_csv
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.anticipation_csv import Segment
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import action_classes, csv_table, epic55_csv

OFFICIAL = "EPIC_train_action_labels.csv"
IN_FRAMES = {"training": "training.csv", "validation": "validation.csv"}
NUM_CLASSES = {"verb": 125, "noun": 352}
# In RULSTM's public code an action is many-shot if its verb or its noun is: 2,265 actions. With "and" they are 819.
MANY_SHOT_ACTIONS = {"either": any, "both": all}


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """Reads the CSV files in the folder --annotations, or in the source.

  Raises:
    BadInput: a file is missing or bad, or two contradict each other.
  """
  del config
  folder = Path(flags.annotations or source)
  actions = action_classes.read(csv_table.first(folder, ("actions.csv",)), *NUM_CLASSES.values())
  segments = {
    split: anticipation_csv.segments_in_frames(csv_table.first(folder, (name,)), actions)
    for split, name in IN_FRAMES.items()
  }
  times = " and ".join(IN_FRAMES.values())
  official = folder / OFFICIAL
  if official.exists():
    times = OFFICIAL
    segments = _split(official, anticipation_csv.segments_in_seconds(official, "uid", actions), segments)
  named = {
    part: epic55_csv.many_shot(csv_table.first(folder, (f"EPIC_many_shot_{part}s.csv",)), part, size)
    for part, size in NUM_CLASSES.items()
  }
  pairs = zip(actions.verbs, actions.nouns, strict=True)
  holds = MANY_SHOT_ACTIONS[flags.many_shot_actions]
  many_shot = {part: sorted(names) for part, names in named.items()} | {
    "action": [
      action
      for action, pair in enumerate(pairs)
      if holds(index in named[part] for part, index in zip(NUM_CLASSES, pair, strict=True))
    ]
  }
  verbs = _names(folder, "verb", named["verb"], actions.verbs, [name.split("_", 1)[0] for name in actions.names])
  nouns = _names(folder, "noun", named["noun"], actions.nouns, [name.split("_", 1)[-1] for name in actions.names])
  return Annotated(
    file=str(folder),
    class_names=actions.names,
    recordings=anticipation_csv.recordings(segments),
    metadata=anticipation_csv.metadata(actions, verbs, nouns, many_shot=many_shot),
    remarks=(
      f"times of the actions are those of {times}",
      f"many-shot actions: {len(many_shot['action'])}, where {flags.many_shot_actions} of verb and noun is many-shot",
    ),
  )


def _split(file: Path, official: list[Segment], in_frames: dict[str, list[Segment]]) -> dict[str, list[Segment]]:
  """dict of split -> segments of the official file; the split of each is that of the same segment in `in_frames`.

  Raises:
    BadInput: a segment is in one of the two only.
  """
  splits = {segment.action.id: split for split, listed in in_frames.items() for segment in listed}
  found: dict[str, list[Segment]] = {split: [] for split in in_frames}
  for segment in official:
    name = segment.action.id
    if name not in splits:
      problem = f"segment {name} is in neither {' nor '.join(IN_FRAMES.values())}"
      raise BadInput(file, f"line {segment.line}", problem, csv_table.REMEDY)
    found[splits[name]].append(segment)
  missing = splits.keys() - {segment.action.id for segment in official}
  if missing:
    problem = f"lacks {len(missing)} segments of {' and '.join(IN_FRAMES.values())}, such as {min(missing)}"
    raise BadInput(file, "segments", problem, csv_table.REMEDY)
  return found


def _names(
  folder: Path, part: str, many_shot: dict[int, str], of_actions: Sequence[int], words: list[str]
) -> list[str]:
  """Names of the verbs or nouns, by id.

  Args:
    folder: of the CSV files.
    part: "verb" or "noun".
    many_shot: dict of id -> name of those that are many-shot.
    of_actions: the verb or noun of each action, an id.
    words: what the name of each action calls it.
  """
  file = folder / f"EPIC_{part}_classes.csv"
  if file.exists():
    return epic55_csv.class_names(file, part, NUM_CLASSES[part])
  counts: dict[int, collections.Counter[str]] = collections.defaultdict(collections.Counter)
  for index, word in zip(of_actions, words, strict=True):
    counts[index][word] += 1
  named = {index: count.most_common(1)[0][0] for index, count in counts.items()} | many_shot
  return [named.get(index, f"{part} {index}") for index in range(NUM_CLASSES[part])]
