"""Names of classes, from the files in which people have them."""

import json
import os
import pathlib

CLASS_AGNOSTIC = "action"  # The only class of a model that finds actions and leaves their classes to others.


def read(path: str | os.PathLike, num_classes: int) -> list[str]:
  """Names of the classes 0 to num_classes - 1.

  Args:
    path: annotations in ActionFormer's container (with "label" and "label_id"), a JSON list of names, a JSON dict of
      name -> index, or a text file with a name a line.
    num_classes: how many the model has. For a model with one, that of annotations with several is "action"; classes
      that annotations do not have are "class 270" and so on.

  Raises:
    ValueError: the file is something else, or of other classes.
  """
  path = pathlib.Path(path)
  try:
    names = _read(path, num_classes)
  except (ValueError, KeyError, TypeError, AttributeError) as error:
    raise ValueError(
      f"{path}: neither annotations with labels and label_ids, nor a list of names ({type(error).__name__}: {error})"
    ) from error
  if sorted(names) != list(range(num_classes)):
    raise ValueError(
      f"{path}: {len(names)} classes, but the model has {num_classes}; give the annotations that it was trained on, or "
      "its classes' names, one a line"
    )
  return [str(names[index]) for index in range(num_classes)]


def _read(path, num_classes):
  """Index -> name."""
  text = path.read_text(encoding="utf-8")
  if path.suffix != ".json":
    return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
  values = json.loads(text)
  if isinstance(values, list):
    return dict(enumerate(values))
  if "database" not in values:
    return {int(index): name for name, index in values.items()}
  actions = [action for entry in values["database"].values() for action in entry.get("annotations") or ()]
  names = {int(action["label_id"]): action["label"] for action in actions}
  if num_classes == 1 and len(names) > 1:
    return {0: CLASS_AGNOSTIC}
  return {index: f"class {index}" for index in range(num_classes)} | names
