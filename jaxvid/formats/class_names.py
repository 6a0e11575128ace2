"""Names of classes, from the files in which people have them."""

import os
from pathlib import Path
from typing import Any

from jaxvid.formats import activitynet_annotations, annotations, json_files, registry
from jaxvid.formats.annotations import most_frequent
from jaxvid.formats.errors import FormatError

CLASS_AGNOSTIC = "action"  # The only class of a model that finds actions and leaves their classes to others.
_FORMS = "annotations with labels and label_ids, a list of names, or a dict of name -> index"


def read(path: str | os.PathLike, num_classes: int) -> list[str]:
  """Names of the classes 0 to num_classes - 1.

  Args:
    path: annotations with labels and their ids (such as ActionFormer's container), a JSON list of names, a JSON dict of
      name -> index, or a text file with a name a line.
    num_classes: how many the model has. For a model with one, that of annotations with several is "action"; classes
      that annotations do not have are "class 270" and so on.

  Raises:
    FormatError: the file is something else, or of other classes.
  """
  path = Path(path)
  form = registry.choose("annotations", path)
  if path.suffix.lower() not in form.SUFFIXES:
    names = dict(enumerate(lines(path)))
  elif form is activitynet_annotations:
    names = _of_json(path, num_classes)
  else:
    names = _of_annotations(path, num_classes)
  if sorted(names) != list(range(num_classes)):
    problem = f"{len(names)} classes, but the model has {num_classes}"
    remedy = "Give the annotations that it was trained on, or its classes' names, one a line."
    raise FormatError(path, "classes", problem, remedy)
  return [str(names[index]) for index in range(num_classes)]


def lines(path: str | os.PathLike) -> list[str]:
  """The lines of a text file that are not empty.

  Raises:
    FormatError: it cannot be read.
  """
  try:
    text = Path(path).read_text(encoding="utf-8-sig")
  except (OSError, UnicodeDecodeError) as error:
    raise FormatError(path, "class names", f"not readable ({error})", "Give a text file with a name a line.") from None
  return [line.strip() for line in text.splitlines() if line.strip()]


def _of_json(path: Path, num_classes: int) -> dict[int, Any]:
  """Index -> name."""
  values = json_files.read(path, list[Any] | dict[str, Any], _FORMS)
  if isinstance(values, list):
    return dict(enumerate(values))
  if "database" not in values:
    ids = json_files.read(path, dict[str, int], _FORMS)
    return {index: name for name, index in ids.items()}
  return _of_annotations(path, num_classes)


def _of_annotations(path: Path, num_classes: int) -> dict[int, str]:
  """Index -> name."""
  named = annotations.read(path).names_by_id()
  try:
    names = {int(label_id): most_frequent(counts) for label_id, counts in named.items()}
  except (TypeError, ValueError):
    raise FormatError(path, "label_id", "missing in an annotation, or no number", f"Give {_FORMS}.") from None
  if num_classes == 1 and len(names) > 1:
    return {0: CLASS_AGNOSTIC}
  return {index: f"class {index}" for index in range(num_classes)} | names
