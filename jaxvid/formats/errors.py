"""FormatError: what is wrong in a file, where, and what to do."""

import os

from jaxvid.records import Timing, TimingError


class FormatError(ValueError):
  """A file that breaks its format, or does not fit its use.

  Attributes:
    file: path of the file.
    field: place in it: a path such as "database.video_1.annotations[3].segment", line and column, or an array's name.
    problem: what is wrong there.
    remedy: what to do, as a sentence.
  """

  def __init__(self, file: str | os.PathLike, field: str, problem: str, remedy: str) -> None:
    super().__init__(str(file), field, problem, remedy)
    self.file, self.field, self.problem, self.remedy = str(file), field, problem, remedy

  def __str__(self) -> str:
    return f"{self.file}: {self.field}: {self.problem}. {self.remedy}"


def timing_of(file: str | os.PathLike, place: str, **numbers: float | None) -> Timing:
  """The Timing with `numbers` (fps, duration, ...) read from a file.

  Args:
    file: path of the file, for messages.
    place: path inside the file, for messages.

  Raises:
    FormatError: a number is not positive.
  """
  try:
    return Timing(**numbers)
  except TimingError as error:
    key, _, problem = str(error).partition(": ")
    raise FormatError(file, f"{place}.{key}".removeprefix("."), problem, "Correct it.") from None
