"""Annotations in ActivityNet's JSON container, as ActionFormer extends it with fps and label ids.

    {"database": {NAME: {"subset": "Test", "duration": 33.7, "fps": 30.0,
                         "annotations": [{"label": "Diving", "label_id": 7, "segment": [0.2, 1.1]}, ...]}, ...}}

ActivityNet's own files have neither fps nor label ids: the classes are then numbered in the order of their names.
Ours may also say "feat_stride" and "num_frames" of a recording; "fps", "feat_stride" and "num_frames" beside
"database" hold for all recordings that do not say.
"""

import collections
import dataclasses
import functools
import itertools
import json
import math
import re
from pathlib import Path

from jaxvid.data import contract
from jaxvid.data_prep.building.annotated import Annotated, AnnotatedRecording
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.plan import TIMING, Annotation

# Annotations of one class whose ends are this close are one annotation, and shorter ones none (ActionFormer's code).
_SAME = 1e-3  # Seconds.

SINGLE_CLASS = "action"


def read(
  file, *, subsets=None, names=None, num_classes=None, single_class=False, drop_repeated=False, overrun=frozenset()
):
  """The annotations of a file.

  Args:
    file: in the container above.
    subsets: the subsets that may occur, lower case; None for any.
    names: the names of the classes by id; None to gather them from the annotations.
    num_classes: how many classes there are, where some of them have no annotation; see `class_names`.
    single_class: make every label "action", for models that find actions of any class.
    drop_repeated: leave out annotations that repeat another, and those under a millisecond, as ActionFormer does for
      ActivityNet.
    overrun: names of recordings whose segments may end after the recording.

  Raises:
    BadInput: the file, a subset or the classes are bad. What is bad in one recording shows when that is read.
  """
  database = read_database(file)
  names = names or class_names(file, database, num_classes)
  twice = [name for name, count in collections.Counter(names).items() if count > 1]
  if twice:
    raise BadInput(file, "classes", f"two have the name {twice[0]!r}", "Give each class a name of its own.")
  recordings = {_split(subset): {} for subset in subsets or ()}
  for name, entry in database.items():
    subset = str(entry.get("subset") or "").strip().lower()
    if not subset:
      raise BadInput(file, f"{name} subset", "missing", "Say to which subset it belongs, such as train.")
    if subset == "all":
      raise BadInput(file, f"{name} subset", "'all' stands for all splits together", "Give it another name.")
    if subsets is not None and subset not in subsets:
      raise BadInput(file, f"{name} subset", f"{subset!r} is unknown", f"Use one of: {', '.join(subsets)}.")
    bounds = (0.0, math.inf) if name in overrun else None
    recordings.setdefault(_split(subset), {})[name] = functools.partial(
      _recording, file, name, entry, names, bounds, single_class, drop_repeated
    )
  return Annotated(
    file=str(file),
    class_names=[SINGLE_CLASS] if single_class else names,
    recordings={split: dict(sorted(named.items())) for split, named in recordings.items() if named},
  )


def read_database(file):
  """The videos of an annotation file: dict of name -> entry as published, with the container's timing filled in."""
  try:
    with open(file, encoding="utf-8") as stream:
      container = json.load(stream)
  except FileNotFoundError:
    raise BadInput(file, "annotations", "no such file", "Check --annotations.") from None
  except (OSError, ValueError) as error:
    raise BadInput(file, "annotations", f"not readable as JSON ({error})", "Copy or download the file again.") from None
  database = container.get("database") if isinstance(container, dict) else None
  if not isinstance(database, dict) or not database:
    raise BadInput(file, "database", "missing, or no dict of videos", "Give annotations in ActivityNet's container.")
  for name, entry in database.items():
    listed = entry.get("annotations", []) if isinstance(entry, dict) else None
    if not (isinstance(listed, list) and all(isinstance(annotation, dict) for annotation in listed)):
      raise BadInput(file, f"{name} annotations", "not a list of dicts", "Give annotations in ActivityNet's container.")
  common = {key: container[key] for key in TIMING if key in container}
  return {name: common | entry for name, entry in database.items()}


def class_names(file, database, num_classes=None):
  """Names of the classes in the order of their ids, which run from 0 on; each id has the name it has most often.

  An annotation that disagrees has an unknown label, as has one whose id lies beyond a gap. With `num_classes` ids may
  be missing: their classes are named "class 17". Without any ids the classes are numbered in the order of their names.
  """
  counts = collections.defaultdict(collections.Counter)
  for entry in database.values():
    for annotation in entry.get("annotations", []):
      label_id = annotation.get("label_id")
      known = label_id is None or isinstance(label_id, int)
      counts[label_id if known else str(label_id)][str(annotation.get("label"))] += 1
  if not counts:
    raise BadInput(file, "annotations", "none in any video", "Give annotations with labels and segments.")
  if None in counts and len(counts) > 1:
    problem = f"some annotations have one, others (such as {next(iter(counts[None]))!r}) none"
    raise BadInput(file, "label_id", problem, "Give all or none.")
  if None in counts:
    names = sorted(counts[None])
  else:
    ids = range(num_classes) if num_classes else itertools.takewhile(counts.__contains__, itertools.count())
    names = [counts[i].most_common(1)[0][0] if i in counts else f"class {i}" for i in ids]
  if num_classes and len(names) != num_classes:
    raise BadInput(file, "classes", f"{len(names)} are annotated, not {num_classes}", "Check --num_classes.")
  return names


def number(file, name, entry, key):
  """The number `key` of a video's entry."""
  value = entry.get(key)
  try:
    if isinstance(value, bool):
      raise TypeError
    return float(value)
  except (TypeError, ValueError):
    raise BadInput(file, f"{name} {key}", f"{value!r} is no number", "Correct it.") from None


def without_repeated(annotations):
  """(kept, repeated, too short): each annotation in one list, as ActionFormer's remove_duplicate_annotations sorts."""
  kept, repeated, too_short = [], [], []
  for annotation in annotations:
    if _repeats(annotation, kept):
      repeated.append(annotation)
    elif abs(annotation.end - annotation.start) < _SAME:  # A reversed one is told, not dropped.
      too_short.append(annotation)
    else:
      kept.append(annotation)
  return kept, repeated, too_short


def _repeats(annotation, others):
  return any(
    annotation.label == other.label
    and abs(annotation.start - other.start) <= _SAME
    and abs(annotation.end - other.end) <= _SAME
    for other in others
  )


def _split(subset):
  """The name of a subset as TFDS takes it."""
  return re.sub(r"\W+", "_", subset)


def _recording(file, name, entry, names, bounds, single_class, drop_repeated):
  annotations = [_annotation(index, values, names, bounds) for index, values in enumerate(entry.get("annotations", []))]
  repeated = too_short = ()
  if drop_repeated:
    annotations, repeated, too_short = without_repeated(annotations)
  if single_class:  # A label that is unknown stays so.
    annotations = [dataclasses.replace(a, label=SINGLE_CLASS) if a.label in names else a for a in annotations]
  return AnnotatedRecording(
    duration=number(file, name, entry, "duration"),
    annotations=annotations,
    num_repeated=len(repeated),
    num_too_short=len(too_short),
    **{key: number(file, name, entry, key) for key in TIMING if key in entry},
  )


def _annotation(index, values, names, bounds):
  label, label_id = str(values.get("label")), values.get("label_id")
  if label_id is None:
    known = label in names
  else:
    known = label_id in range(len(names)) and names[label_id] == label
    label = label if known else f"{label} (label_id {label_id})"
  try:
    start, end = (float(time) for time in values.get("segment"))
  except (TypeError, ValueError):
    start = end = math.nan
  return Annotation(start, end, label, f"annotations[{index}]", bounds)


def only_json(source):
  """The one .json file in a folder of features, but for the features' contract."""
  files = sorted(file for file in Path(source).glob("*.json") if file.name != contract.FILE)
  if len(files) != 1:
    found = ", ".join(file.name for file in files) or "none"
    raise BadInput(source, "annotations", f"one .json file expected, found {found}", "Give --annotations=FILE.")
  return files[0]
