"""What is wrong with a file, where in it, and what to do about it."""

import os

from jaxvid.records import Timing, TimingError


class FormatError(ValueError):
  """A file that is not what its format says, or not what it is to be used for.

  Attributes:
    file: which one.
    field: the place in it: a path such as "database.video_1.annotations[3].segment", a line and a column, an array.
    problem: what is wrong there.
    remedy: what to do, a sentence.
  """

  def __init__(self, file: str | os.PathLike, field: str, problem: str, remedy: str) -> None:
    super().__init__(str(file), field, problem, remedy)
    self.file, self.field, self.problem, self.remedy = str(file), field, problem, remedy

  def __str__(self) -> str:
    return f"{self.file}: {self.field}: {self.problem}. {self.remedy}"


def timing_of(file: str | os.PathLike, place: str, **numbers: float | None) -> Timing:
  """The Timing of `numbers`, which stand at `place` in a file.

  Raises:
    FormatError: one of them is not positive.
  """
  try:
    return Timing(**numbers)
  except TimingError as error:
    key, _, problem = str(error).partition(": ")
    raise FormatError(file, f"{place}.{key}".removeprefix("."), problem, "Correct it.") from None
