"""actions.csv: the classes of actions, pairs of a verb and a noun.

id,verb,noun,action          of EPIC-Kitchens, with a header: numbers and the action's name
6, 1_5, Open_cabinet         of EGTEA Gaze+ in RULSTM's repository, without one: the verb's and the noun's number, and
                             their names
"""

import collections
import dataclasses
import functools
import os
from collections.abc import Sequence
from pathlib import Path

from jaxvid.formats import csv_table
from jaxvid.formats.errors import FormatError


@dataclasses.dataclass(frozen=True)
class Actions:
  """The actions of a dataset.

  Attributes:
    file: where they come from.
    names: action k is names[k].
    verbs, nouns: of each action, an id.
  """

  file: Path
  names: list[str]
  verbs: list[int]
  nouns: list[int]

  @functools.cached_property
  def by_pair(self) -> dict[tuple[int, int], int]:
    """Action of (verb, noun)."""
    return {pair: action for action, pair in enumerate(zip(self.verbs, self.nouns, strict=True))}


def read(file: str | os.PathLike, num_verbs: int, num_nouns: int) -> Actions:
  """Reads EPIC-Kitchens' actions.

  Args:
    file: its path.
    num_verbs, num_nouns: how many there are of either.

  Raises:
    FormatError: an id, a name or a pair is there twice, an id is missing, or a verb or a noun is unknown.
  """
  return _actions(file, csv_table.rows(file), num_verbs, num_nouns)


def read_egtea(file: str | os.PathLike) -> tuple[Actions, list[str], list[str]]:
  """Reads EGTEA Gaze+'s actions, and the names of verbs and nouns by id.

  Raises:
    FormatError: as `read` does; or an id or a name is not of two parts, or a verb or a noun has two names.
  """
  rows, named = [], dict[str, dict[int, str]](verb={}, noun={})
  for line, row in csv_table.plain_rows(file, ("id", "verb_noun", "action")):
    ids, names = row["verb_noun"].split("_"), row["action"].split("_")
    if len(ids) != 2 or len(names) != 2:
      problem = f"{row['verb_noun']!r} and {row['action']!r} are not of two parts"
      raise FormatError(file, f"line {line}", problem, csv_table.REMEDY)
    pair = dict(zip(("verb", "noun"), ids, strict=True))
    for part, name in zip(pair, names, strict=True):
      index = csv_table.number(file, line, pair, part, int)
      if named[part].setdefault(index, name) != name:
        problem = f"{part} {index} is called {name!r} and {named[part][index]!r}"
        raise FormatError(file, f"line {line}", problem, csv_table.REMEDY)
    rows.append((line, row | pair))
  for part, by_id in named.items():
    if sorted(by_id) != list(range(len(by_id))):
      raise FormatError(file, f"{part}s", "their ids are not every number from 0 on", csv_table.REMEDY)
  verbs, nouns = ([by_id[index] for index in range(len(by_id))] for by_id in named.values())
  return _actions(file, rows, len(verbs), len(nouns)), verbs, nouns


def ids(file: str | os.PathLike) -> dict[tuple[int, int], int]:
  """(verb, noun) -> action of EPIC-Kitchens' actions, whatever numbers they have.

  Raises:
    FormatError: a row lacks one of them.
  """
  found = {}
  for line, row in csv_table.rows(file):
    verb, noun, action = (csv_table.number(file, line, row, column, int) for column in ("verb", "noun", "id"))
    found[verb, noun] = action
  return found


def _actions(
  file: str | os.PathLike, rows: Sequence[tuple[int, csv_table.Row]], num_verbs: int, num_nouns: int
) -> Actions:
  """The Actions of (line, row) with the columns id, action (its name), verb and noun."""
  names: dict[int, str] = {}
  pairs: dict[int, tuple[int, int]] = {}
  for line, row in rows:
    action = csv_table.index(file, line, row, "id", len(rows))
    if action in names:
      raise FormatError(file, f"line {line}, id", f"action {action} is there twice", csv_table.REMEDY)
    verb = csv_table.index(file, line, row, "verb", num_verbs)
    noun = csv_table.index(file, line, row, "noun", num_nouns)
    names[action], pairs[action] = csv_table.field(file, line, row, "action"), (verb, noun)
  order = range(len(names))
  _refuse_repeated(file, "name", [names[action] for action in order])
  _refuse_repeated(file, "pair of verb and noun", [pairs[action] for action in order])
  verbs, nouns = ([pairs[action][part] for action in order] for part in (0, 1))
  return Actions(Path(file), [names[action] for action in order], verbs, nouns)


def _refuse_repeated(file: str | os.PathLike, what: str, values: Sequence[str | tuple[int, int]]) -> None:
  """Raises FormatError where a value is there twice; `what` is its name."""
  twice = [value for value, count in collections.Counter(values).items() if count > 1]
  if twice:
    raise FormatError(file, "actions", f"two have the {what} {twice[0]!r}", csv_table.REMEDY)
