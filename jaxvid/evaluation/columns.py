"""A column of a study's table."""

from typing import NamedTuple


class Column(NamedTuple):
  """What an evaluator says of a column.

  Attributes:
    heading: in the table, such as "mAP@0.5".
    score: the name of its number in the evaluator's `summary`.
  """

  heading: str
  score: str
