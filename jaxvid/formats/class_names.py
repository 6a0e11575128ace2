"""Class names from a file: annotations, a JSON list or dict, or a text file."""

import os
from pathlib import Path
from typing import Any

from jaxvid.formats import activitynet_annotations, annotations, json_files, registry
from jaxvid.formats.annotations import most_frequent
from jaxvid.formats.errors import FormatError

CLASS_AGNOSTIC = "action"  # The only class of a class-agnostic model, which finds actions but does not classify them.
_FORMS = "annotations with labels and label_ids, a list of names, or a dict of name -> index"


def read(path: str | os.PathLike, num_classes: int) -> list[str]:
  """Names of the classes 0 to num_classes - 1.

  Args:
    path: annotations with labels and label ids (such as ActionFormer's), a JSON list of names, a JSON dict of
      name -> index, or a text file with a name on each line.
    num_classes: classes of the model. If it is 1 and the annotations have several classes, the name is "action". A
      class without annotations is named "class 270" and so on.

  Raises:
    FormatError: the file has another form, or other classes than 0 to num_classes - 1.
  """
  path = Path(path)
  form = registry.choose("annotations", path)
  if path.suffix.lower() not in form.SUFFIXES:
    names = dict(enumerate(lines(path)))
  elif form is activitynet_annotations:
    names = _names_of_json(path, num_classes)
  else:
    names = _names_of_annotations(path, num_classes)
  if sorted(names) != list(range(num_classes)):
    problem = f"{len(names)} classes, but the model has {num_classes}"
    remedy = "Give the annotations of its training, or a text file with a class name on each line."
    raise FormatError(path, "classes", problem, remedy)
  return [str(names[index]) for index in range(num_classes)]


def lines(path: str | os.PathLike) -> list[str]:
  """The lines of a text file, stripped, without empty ones.

  Raises:
    FormatError: the file cannot be read.
  """
  try:
    text = Path(path).read_text(encoding="utf-8-sig")
  except (OSError, UnicodeDecodeError) as error:
    raise FormatError(
      path, "class names", f"not readable ({error})", "Give a text file with a name on each line."
    ) from None
  return [line.strip() for line in text.splitlines() if line.strip()]


def _names_of_json(path: Path, num_classes: int) -> dict[int, Any]:
  """Index -> name, from a JSON list, a JSON dict or annotations in JSON."""
  values = json_files.read(path, list[Any] | dict[str, Any], _FORMS)
  if isinstance(values, list):
    return dict(enumerate(values))
  if "database" not in values:
    ids = json_files.read(path, dict[str, int], _FORMS)
    return {index: name for name, index in ids.items()}
  return _names_of_annotations(path, num_classes)


def _names_of_annotations(path: Path, num_classes: int) -> dict[int, str]:
  """Index -> name, from annotations; of several names for one id, the most frequent."""
  named = annotations.read(path).names_by_id()
  try:
    names = {int(label_id): most_frequent(counts) for label_id, counts in named.items()}
  except (TypeError, ValueError):
    raise FormatError(path, "label_id", "missing in an annotation, or not a number", f"Give {_FORMS}.") from None
  if num_classes == 1 and len(names) > 1:
    return {0: CLASS_AGNOSTIC}
  return {index: f"class {index}" for index in range(num_classes)} | names
