"""EPIC-Kitchens-55's files of classes of verbs and of nouns.

EPIC_verb_classes.csv (and noun)     verb_id, class_key
EPIC_many_shot_verbs.csv (and nouns) verb_class, verb: the classes with enough examples to be scored
"""

import os

from jaxvid.formats import csv_table
from jaxvid.formats.errors import FormatError


def class_names(file: str | os.PathLike, part: str, num_classes: int) -> list[str]:
  """Names of the verbs or nouns, by id.

  Args:
    file: its path.
    part: "verb" or "noun".
    num_classes: how many there are.

  Raises:
    FormatError: a row lacks its id or name, or a class is missing.
  """
  named = _column(file, f"{part}_id", "class_key", num_classes)
  if len(named) < num_classes:
    raise FormatError(file, f"{part}_id", f"{len(named)} classes, not {num_classes}", csv_table.REMEDY)
  return [named[index] for index in range(num_classes)]


def many_shot(file: str | os.PathLike, part: str, num_classes: int) -> dict[int, str]:
  """Id -> name of the verbs or nouns that are many-shot; arguments as in `class_names`.

  Raises:
    FormatError: a row lacks its id or name.
  """
  return _column(file, f"{part}_class", part, num_classes)


def _column(file: str | os.PathLike, ids: str, names: str, num_classes: int) -> dict[int, str]:
  """Id -> name, of two columns."""
  return {
    csv_table.index(file, line, row, ids, num_classes): csv_table.field(file, line, row, names)
    for line, row in csv_table.rows(file)
  }
