"""Annotations in ActivityNet's JSON container, as ActionFormer extends it with fps and label ids.

    {"database": {NAME: {"subset": "Test", "duration": 33.7, "fps": 30.0,
                         "annotations": [{"label": "Diving", "label_id": 7, "segment": [0.2, 1.1]}, ...]}, ...}}

ActivityNet's own files have neither fps nor label ids.
"""

import collections
import itertools
import json
import math

from data_prep.checks import BadInput
from data_prep.plan import Annotation


def read_database(file):
  """The videos of an annotation file: dict of name -> entry as published."""
  try:
    with open(file, encoding="utf-8") as stream:
      container = json.load(stream)
  except FileNotFoundError:
    raise BadInput(file, "annotations", "no such file", "Check --annotations.") from None
  except (OSError, ValueError) as error:
    raise BadInput(file, "annotations", f"not readable as JSON ({error})", "Copy or download the file again.") from None
  database = container.get("database") if isinstance(container, dict) else None
  if not isinstance(database, dict):
    raise BadInput(file, "database", "missing, or no dict of videos", "Give annotations in ActivityNet's container.")
  for name, entry in database.items():
    listed = entry.get("annotations", []) if isinstance(entry, dict) else None
    if not (isinstance(listed, list) and all(isinstance(annotation, dict) for annotation in listed)):
      raise BadInput(file, f"{name} annotations", "not a list of dicts", "Give annotations in ActivityNet's container.")
  return database


def class_names(database):
  """Names of the classes in the order of their ids, which run from 0 on; each id has the name it has most often.

  An annotation that disagrees has an unknown label (see `annotations`), as has one whose id lies beyond a gap.
  """
  names = collections.defaultdict(collections.Counter)
  for entry in database.values():
    for annotation in entry.get("annotations", []):
      names[annotation.get("label_id")][annotation.get("label")] += 1
  ids = itertools.takewhile(lambda label_id: label_id in names, itertools.count())
  return [names[label_id].most_common(1)[0][0] for label_id in ids]


def number(file, name, entry, key):
  """The number `key` of a video's entry."""
  value = entry.get(key)
  if isinstance(value, bool) or not isinstance(value, int | float):
    raise BadInput(file, f"{name} {key}", f"{value!r} is no number", "Correct it.")
  return float(value)


def annotations(entry, names, bounds=None):
  """The annotations of a video's entry; `names` are those of `class_names`, `bounds` as in `plan.Annotation`."""
  return [_annotation(index, values, names, bounds) for index, values in enumerate(entry.get("annotations", []))]


def _annotation(index, values, names, bounds):
  label, label_id = str(values.get("label")), values.get("label_id")
  if not (label_id in range(len(names)) and names[label_id] == label):
    label = f"{label} (label_id {label_id})"
  try:
    start, end = (float(time) for time in values.get("segment"))
  except (TypeError, ValueError):
    start = end = math.nan
  return Annotation(start, end, label, f"annotations[{index}]", bounds)
