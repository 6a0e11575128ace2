"""The error for videos that cannot be used, and limits on their size."""

import dataclasses


class VideoError(ValueError):
  """A video that cannot be used.

  Attributes:
    file: its name.
    problem: what is wrong with it.
    remedy: what to do, a sentence.
  """

  def __init__(self, file: str, problem: str, remedy: str = "Copy or download it again.") -> None:
    super().__init__(str(file), problem, remedy)
    self.file, self.problem, self.remedy = str(file), problem, remedy

  def __str__(self) -> str:
    return f"{self.file}: {self.problem}. {self.remedy}"


@dataclasses.dataclass(frozen=True)
class Limits:
  """Limits on the size of a video, since a few damaged bytes can announce pictures and counts of any size.

  Attributes:
    max_pixels: of one frame; the default is above 8K.
    max_frames: of one video; the default is ten hours at 60 frames a second.
    max_bytes: of the frames that one call returns.
  """

  max_pixels: int = 2**26
  max_frames: int = 2_160_000
  max_bytes: int = 2**33


def reason(error: Exception) -> str:
  """FFmpeg's text for an error, without the file's name and the error's number."""
  return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().rstrip(".")
