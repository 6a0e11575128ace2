"""A column of a study's table."""

from typing import NamedTuple


class Column(NamedTuple):
  """Heading of a column, and the score that it shows.

  Attributes:
    heading: such as "mAP@0.5".
    score: name of the number in the evaluator's `summary`.
  """

  heading: str
  score: str
