"""What a recording, an action in it, a clip and their timing are, wherever they are read, written or scored."""

import dataclasses
import math

# Frame rates are written with more or fewer digits: 29.97 and 30000/1001 are one, 29.97 and 30 are not.
SAME_RATE = 1e-4


class TimingError(ValueError):
  """A timing that is not known, or contradicts the model or the features; says which field, and both values."""


@dataclasses.dataclass(frozen=True)
class Timing:
  """When the steps of a recording are, as far as it is known: None for what is not.

  Attributes:
    fps: frames (or samples) a second.
    feat_stride: frames from one step to the next.
    num_frames: frames that one step sees.
    duration: of the recording, in seconds.

  Raises:
    TimingError: one of them is not a positive number.
  """

  fps: float | None = None
  feat_stride: float | None = None
  num_frames: float | None = None
  duration: float | None = None

  def __post_init__(self) -> None:
    for name, value in dataclasses.asdict(self).items():
      if value is not None and not (math.isfinite(value) and value > 0):
        raise TimingError(f"{name}: must be a positive number; got {value}")

  def joined(self, other: "Timing", where: str) -> "Timing":
    """This timing, completed by `other`, which `where` says; both may say the same, but nothing else."""
    merged = dataclasses.asdict(self)
    for name, value in dataclasses.asdict(other).items():
      if value is None:
        continue
      if merged[name] is not None and not math.isclose(merged[name], value, rel_tol=SAME_RATE):
        raise TimingError(f"{name}: {value:g} in {where}, but {merged[name]:g} was given; leave out the wrong one")
      merged[name] = value
    return Timing(**merged)


@dataclasses.dataclass(frozen=True)
class Action:
  """A labelled segment, as published, not yet checked.

  Attributes:
    start, end: seconds.
    label: name of its class.
    where: its place in the annotation file, for messages: "line 17".
    bounds: earliest and latest time it may name, in seconds; None for the recording's own.
    id: its published name; "" where actions have none.
  """

  start: float
  end: float
  label: str
  where: str = ""
  bounds: tuple[float, float] | None = None
  id: str = ""
