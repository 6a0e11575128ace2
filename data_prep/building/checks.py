"""Checks of every recording before it is written to a dataset, and --skip_bad, which leaves out those that fail."""

import contextlib
import dataclasses
import math
import statistics
from collections.abc import Iterator

import numpy as np

from jaxvid import time_grid
from jaxvid.data_prep.building.plan import STEPS_TOLERANCE, Plan
from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import FormatError as BadInput  # A file, or a flag, that no dataset can be made of.
from jaxvid.records import Action, Record, Recording

# Extractors treat the end of a video differently (padding, a last half clip); containers misreport durations a little.
# So a recording may have this many steps more or less, whatever `Plan.steps_tolerance` says.
STEPS_SLACK = 16

# A wrong fps or stride shifts all recordings alike, also those too short for it to show in one: 25 for 30 frames a
# second is 17%, 24 for 25 is 4%. The median recording must be nearer than that, give or take a step and a half.
MEDIAN_TOLERANCE = 0.025
MEDIAN_SLACK = 1.5

# Annotation tools round: a segment may leave the recording by this much, and is kept as published.
SECONDS_TOLERANCE = 0.5

_SKIP = "Or leave it out with --skip_bad."


class SkipList:
  """Bad input that a build leaves out. Without skip_bad the first bad input ends the build.

  Attributes:
    skipped: list of dicts with file, field and problem.
  """

  def __init__(self, skip_bad: bool) -> None:
    self._skip_bad = skip_bad
    self.skipped: list[dict[str, str]] = []

  @contextlib.contextmanager
  def catch(self) -> Iterator[None]:
    """Notes a BadInput raised inside the `with`; without skip_bad raises it on, with a hint at --skip_bad."""
    try:
      yield
    except BadInput as error:
      if not self._skip_bad:
        raise BadInput(error.file, error.field, error.problem, f"{error.remedy} {_SKIP}") from error
      self.skipped.append({"file": error.file, "field": error.field, "problem": error.problem})


def make_record(recording: Recording, plan: Plan, skips: SkipList) -> Record:
  """The Record of a recording, checked.

  Raises:
    BadInput: the recording is bad; or an annotation is, and `skips` does not leave it out.
  """
  features = check_features(recording, plan.contract, plan.dtype)
  check_num_steps(recording, plan.steps_tolerance)
  labels = {name: label for label, name in enumerate(plan.class_names)}
  good = []
  for action in recording.actions:
    with skips.catch():
      check_action(action, recording, labels)
      good.append(action)
  ids = tuple(action.id for action in good)
  return Record(
    id=recording.id,
    features=features,
    segments=np.array([(action.start, action.end) for action in good], np.float64).reshape(-1, 2),
    labels=np.array([labels[action.label] for action in good], np.int32),
    **dataclasses.asdict(recording.timing),
    segment_ids=ids if any(ids) else (),
  )


def check_features(recording: Recording, contract: FeatureContract, dtype: str) -> np.ndarray:
  """The features (T, C) in the stored dtype.

  Raises:
    BadInput: no floats, another shape or dim, or values that are not finite, also once stored.
  """
  features = recording.features
  assert features is not None  # A recording is checked once it is read.

  def bad(problem: str, remedy: str) -> BadInput:
    return BadInput(recording.features_file, "features", problem, remedy)

  if not np.issubdtype(features.dtype, np.floating):
    raise bad(f"dtype {features.dtype}, not floating point", "Save the extractor's output as it is.")
  if features.ndim != 2 or not len(features):
    raise bad(f"shape {features.shape}, not (steps, dim)", "Save one array of steps x dim a recording.")
  if features.shape[1] != contract.dim:
    raise bad(f"dim {features.shape[1]}, while the other files have {contract.dim}", "Extract all with one model.")
  finite = np.isfinite(features).all(axis=1)
  if not finite.all():
    raise bad(f"NaN or infinity in step {np.argmin(finite)}", "Extract it again.")
  with np.errstate(over="ignore"):  # The overflow is what the next line looks for.
    stored = features.astype(dtype)
  if not np.isfinite(stored).all():
    raise bad(f"values up to {np.abs(features).max():g} overflow {dtype}", "Give --dtype=float32.")
  return stored


def check_num_steps(recording: Recording, tolerance: float) -> None:
  """Raises BadInput where the number of steps differs by more than the tolerance from what the timing makes it."""
  timing, features = recording.timing, recording.features
  assert features is not None and None not in dataclasses.astuple(timing)  # A recording is checked once it is read.
  expected = time_grid.expected_num_steps(**dataclasses.asdict(timing))
  num_steps = len(features)
  if abs(num_steps - expected) > max(STEPS_SLACK, tolerance * expected):
    raise BadInput(
      recording.features_file,
      "number of steps",
      f"{num_steps}, but {timing.duration:g} s at {timing.fps:g} fps with a step every "
      f"{timing.feat_stride:g} frames of {timing.num_frames:g} make {expected}",
      f"Check fps and duration in {recording.source}, stride and clip length, and that the file is whole.",
    )


@dataclasses.dataclass(frozen=True)
class Steps:
  """The number of steps of a recording, what its duration makes it, and the steps a second that its timing means."""

  number: int
  expected: int
  rate: float


def steps_of(record: Record) -> Steps:
  """The Steps of a record."""
  expected = time_grid.expected_num_steps(record.duration, record.fps, record.feat_stride, record.num_frames)
  return Steps(len(record.features), expected, record.fps / record.feat_stride)


def check_timing(recordings: list[Steps], tolerance: float, source: str) -> None:
  """The recordings together must have the steps that their durations make: a wrong fps or stride shifts them all.

  Args:
    recordings: one Steps each.
    tolerance: `Plan.steps_tolerance`; where it is raised, so is what is allowed here.
    source: for the message.

  Raises:
    BadInput: they do not; says what would fit the steps.
  """
  problem = timing_problem(recordings, tolerance)
  if problem:
    remedy = "Give the fps, stride and clip length that the features were extracted with."
    raise BadInput(source, "fps, stride and clip length", problem, remedy)


def timing_problem(recordings: list[Steps], tolerance: float = STEPS_TOLERANCE) -> str | None:
  """What `check_timing` would complain about; None where the steps fit the durations."""
  if not recordings:
    return None
  ratio = statistics.median(steps.number / steps.expected for steps in recordings)
  allowed = MEDIAN_TOLERANCE if tolerance <= STEPS_TOLERANCE else tolerance
  if abs(ratio - 1) <= allowed + MEDIAN_SLACK / statistics.median(steps.expected for steps in recordings):
    return None
  rate = statistics.median(steps.rate for steps in recordings)
  return (
    f"the median recording has {ratio:.3g} times the steps that its duration makes, so detections would lie at wrong "
    f"times: the features have about {ratio * rate:.4g} steps a second, while fps / feat_stride is {rate:.4g}"
  )


def check_action(action: Action, recording: Recording, labels: dict[str, int]) -> None:
  """Raises BadInput for an unknown label, or a segment that is not finite, reversed, empty or outside the recording."""

  def bad(problem: str, remedy: str) -> BadInput:
    return BadInput(recording.source, f"{recording.id}, {action.where}", problem, remedy)

  if action.label not in labels:
    raise bad(f"unknown label {action.label!r}", f"Use one of: {', '.join(labels)}.")
  segment = f"segment {action.start:g} to {action.end:g} s"
  if not (math.isfinite(action.start) and math.isfinite(action.end)):
    raise bad(f"{segment} is not two finite numbers", "Correct it.")
  if action.end <= action.start:
    raise bad(f"{segment} is reversed or empty", "Swap or correct its ends.")
  earliest, latest = action.bounds or (0.0, recording.timing.duration or 0.0)
  if action.start < earliest - SECONDS_TOLERANCE or action.end > latest + SECONDS_TOLERANCE:
    raise bad(f"{segment} lies outside the recording, {earliest:g} to {latest:g} s", "Correct it, or the duration.")
