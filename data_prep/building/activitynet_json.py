"""A dataset's annotations from one file (jaxvid.formats.annotations), such as ActivityNet's container.

Without label ids, classes are numbered in alphabetical order.
"""

import collections
import dataclasses
import functools
import itertools
import math
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import annotations, contract
from jaxvid.formats.annotations import Annotation, Container, most_frequent
from jaxvid.records import Action, Recording

# Two annotations of a class whose starts and ends are this close count once, and shorter ones are left out, as in
# ActionFormer's code.
_SAME = 1e-3  # Seconds.

SINGLE_CLASS = "action"


def read(
  file: str | Path,
  *,
  subsets: Sequence[str] | None = None,
  names: list[str] | None = None,
  num_classes: int | None = None,
  single_class: bool = False,
  drop_repeated: bool = False,
  overrun: Collection[str] = frozenset(),
) -> Annotated:
  """Reads a file of annotations.

  Args:
    file: path, of any format of jaxvid.formats.
    subsets: the allowed subsets, lower case; None for any.
    names: names of the classes by id; None: those in the annotations.
    num_classes: number of classes, where some have no annotation; see `class_names`.
    single_class: make every label "action", for models that find actions of any class.
    drop_repeated: leave out annotations that repeat another, and those under a millisecond, as ActionFormer does for
      ActivityNet.
    overrun: names of recordings whose segments may end after the recording.

  Raises:
    BadInput: the file, a subset or the classes are bad. A bad recording raises it when that recording is read.
  """
  # The file and its classes, which concern all recordings.
  container = annotations.read(file)
  if not container.entries:
    raise BadInput(file, "database", "no videos in it", "Give annotations in ActivityNet's container.")
  names = names or class_names(container, num_classes)
  twice = [name for name, count in collections.Counter(names).items() if count > 1]
  if twice:
    raise BadInput(file, "classes", f"two have the name {twice[0]!r}", "Give each class a name of its own.")
  # The recordings by split, in the order of `subsets`; each is read, and refused if it is bad, when its turn comes.
  recordings = {_split(subset): {} for subset in subsets or ()}
  for name in container.entries:
    subset, field = container.subset(name), f"database.{name}.subset"
    if not subset:
      raise BadInput(file, field, "missing", "Say to which subset it belongs, such as train.")
    if subset == "all":
      raise BadInput(file, field, "'all' stands for all splits together", "Give it another name.")
    if subsets is not None and subset not in subsets:
      raise BadInput(file, field, f"{subset!r} is unknown", f"Use one of: {', '.join(subsets)}.")
    bounds = (0.0, math.inf) if name in overrun else None
    recordings.setdefault(_split(subset), {})[name] = functools.partial(
      _recording, container, name, names, bounds, single_class, drop_repeated
    )
  return Annotated(
    file=str(file),
    class_names=[SINGLE_CLASS] if single_class else names,
    recordings={split: dict(sorted(named.items())) for split, named in recordings.items() if named},
  )


def class_names(container: Container, num_classes: int | None = None) -> list[str]:
  """Names of the classes by id, 0 to C - 1: the most frequent name of each id.

  An annotation with another name for its id, or with an id after a missing one, has an unknown label. With
  `num_classes`, ids may be missing: those classes are called "class 17". Without ids, classes are numbered in
  alphabetical order.

  Raises:
    BadInput: no annotation in the file, ids in some annotations only, or another number of classes.
  """
  named = container.names_by_id()
  if not named:
    problem, remedy = "none in any video", "Give annotations with labels and segments."
    raise BadInput(container.file, "annotations", problem, remedy)
  if None in named and len(named) > 1:
    problem = f"some annotations have one, others (such as {next(iter(named[None]))!r}) none"
    raise BadInput(container.file, "label_id", problem, "Give all or none.")
  if None in named:
    names = sorted(named[None])
  else:
    ids = range(num_classes) if num_classes else itertools.takewhile(named.__contains__, itertools.count())
    names = [most_frequent(named[i]) if i in named else f"class {i}" for i in ids]
  if num_classes and len(names) != num_classes:
    problem = f"{len(names)} are annotated, not {num_classes}"
    raise BadInput(container.file, "classes", problem, "Check --num_classes.")
  return names


def without_repeated(actions: Sequence[Action]) -> tuple[list[Action], list[Action], list[Action]]:
  """(kept, repeated, too short) actions, as ActionFormer's remove_duplicate_annotations sorts them."""
  kept, repeated, too_short = [], [], []
  for action in actions:
    if _repeats(action, kept):
      repeated.append(action)
    elif abs(action.end - action.start) < _SAME:  # A reversed segment is an error later, and not dropped here.
      too_short.append(action)
    else:
      kept.append(action)
  return kept, repeated, too_short


def _repeats(action: Action, others: Sequence[Action]) -> bool:
  return any(
    action.label == other.label and abs(action.start - other.start) <= _SAME and abs(action.end - other.end) <= _SAME
    for other in others
  )


def _split(subset: str) -> str:
  """A subset's name with only the characters that TFDS allows."""
  return re.sub(r"\W+", "_", subset)


def _recording(
  container: Container,
  name: str,
  names: list[str],
  bounds: tuple[float, float] | None,
  single_class: bool,
  drop_repeated: bool,
) -> Recording:
  listed = container.entries[name].annotations or ()
  actions = [_action(index, annotation, names, bounds) for index, annotation in enumerate(listed)]
  repeated: list[Action] = []
  too_short: list[Action] = []
  if drop_repeated:
    actions, repeated, too_short = without_repeated(actions)
  if single_class:  # A label that is unknown stays so.
    actions = [dataclasses.replace(a, label=SINGLE_CLASS) if a.label in names else a for a in actions]
  timing = container.timing(name)
  if timing.duration is None:
    raise BadInput(container.file, f"database.{name}.duration", "missing", "Say how many seconds it lasts.")
  return Recording(name, timing, actions, container.file, len(repeated), len(too_short))


def _action(index: int, annotation: Annotation, names: list[str], bounds: tuple[float, float] | None) -> Action:
  label, label_id = annotation.name, annotation.label_id
  if label_id is None:
    known = label in names
  else:
    known = label_id in range(len(names)) and names[label_id] == label
    label = label if known else f"{label} (label_id {label_id})"
  return Action(*annotation.times, label, f"annotations[{index}]", bounds)


def only_json(source: str | Path) -> Path:
  """The one .json file in a folder of features, contract.json left aside.

  Raises:
    BadInput: there is none, or several.
  """
  files = sorted(file for file in Path(source).glob("*.json") if file.name != contract.FILE)
  if len(files) != 1:
    found = ", ".join(file.name for file in files) or "none"
    raise BadInput(source, "annotations", f"one .json file expected, found {found}", "Give --annotations=FILE.")
  return files[0]
