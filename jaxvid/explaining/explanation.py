"""What an anticipation network's attention says of actions, and what another past would have led to.

Forward: the attention that steps showing a past action receive when an action is anticipated, in units of chance; what
attends to all steps alike has a ratio of 1 everywhere, however often an action occurs and however long it takes.
Backward: how the anticipation moves when the predictions of a past action are replaced. Both are read off
Action-Guided Attention's queries and keys (arXiv 2603.01743), without a probe. NumPy only; of the windows only sums
are kept.
"""

import collections
import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Dependency:
  """How much an anticipation attends to a past action.

  Attributes:
    anticipated, past: class ids; K stands for steps at which nothing goes on.
    lift: attention per window, over the past action's share of the steps in reach in all windows, whatever comes.
    error: standard error of the lift, as if windows were independent of each other and the share were known.
    ratio: attention, over the past action's share of the steps in reach in the same windows.
    contribution: what the past action's steps add to the logit of what is anticipated, the mean over the windows that
      have it in reach; NaN where the model does not tell.
    mass, chance: attention that the past action's steps receive, and their share of all in reach, summed over windows.
    windows: how many have the past action in reach.
  """

  anticipated: int
  past: int
  lift: float
  error: float
  ratio: float
  contribution: float
  mass: float
  chance: float
  windows: float

  @property
  def low(self) -> float:
    """Two standard errors below the lift."""
    return self.lift - 2 * self.error


@dataclasses.dataclass(frozen=True)
class PastAction:
  """A run of steps of one action.

  Attributes:
    window: index in the batch.
    label: the action.
    position: 1 for the last action of the past, 2 for the one before it, ...
    steps: (T,) bool, its steps within reach.
  """

  window: int
  label: int
  position: int
  steps: np.ndarray


def in_reach(mask: np.ndarray, youngest: int, window: int) -> np.ndarray:
  """(B, T): the steps that the last one may attend to, as in jaxvid.ops.recent.window_reach.

  Args:
    mask: (B, T), valid steps.
    youngest: age of the youngest: 1, or 0 where the last step attends to itself too.
    window: how many ages there are.
  """
  before = np.cumsum(mask, axis=1) - mask
  age = before[:, -1:] - before
  return mask & (age >= youngest) & (age < youngest + window)


def of_ongoing_action(shown: np.ndarray) -> np.ndarray:
  """(B, T): the steps of the action that the last step shows, back to where it began; none where it shows nothing.

  Args:
    shown: (B, T) class ids, -1 for nothing.
  """
  same = (shown == shown[:, -1:]) & (shown[:, -1:] >= 0)
  return np.logical_and.accumulate(same[:, ::-1], axis=1)[:, ::-1]


def as_shares(shown: np.ndarray, num_classes: int) -> np.ndarray:
  """(..., K + 1): 1 for the class (...) shown; -1, nothing, is the last one."""
  return (np.where(shown < 0, num_classes, shown)[..., None] == np.arange(num_classes + 1)).astype(np.float32)


def masses(
  attention: np.ndarray,
  reached: np.ndarray,
  shares: np.ndarray,
  counted: np.ndarray | None = None,
  contribution: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
  """(mass, chance, presence, contribution), (B, C) each, of each class in each window.

  Args:
    attention: (B, H, T), of the last step; its mean over heads counts.
    reached: (B, T) bool, the steps that it could attend to: among these chance is uniform.
    shares: (B, T, C), how much of each class a step shows.
    counted: (B, T) bool, the steps that count; by default all that are reached.
    contribution: (B, T), what each step adds to the logit of what is anticipated; None where it is not known.

  Presence is the largest share that a step shows: 1 or 0 where steps show one class each.
  """
  counted = reached if counted is None else reached & counted
  uniform = counted / np.maximum(reached.sum(1, keepdims=True), 1)
  over_steps = lambda values: np.einsum("bt,btc->bc", values, shares)  # noqa: E731
  mass = over_steps(attention.mean(1, dtype=np.float64) * counted)
  added = np.full_like(mass, np.nan) if contribution is None else over_steps(contribution * counted)
  return mass, over_steps(uniform), (shares * counted[..., None]).max(1), added


class Forward:
  """Sums over windows, a row for each class that is anticipated."""

  def __init__(self, num_columns: int) -> None:
    """Args: num_columns: classes that a step may show."""
    # Of each: mass, chance, presence, contribution, and the square of the mass, for the error.
    self._sums = collections.defaultdict(lambda: np.zeros((5, num_columns)))
    self._counts = collections.Counter()  # Windows.

  def add(
    self, anticipated: np.ndarray, mass: np.ndarray, chance: np.ndarray, presence: np.ndarray, contribution: np.ndarray
  ) -> None:
    """Adds windows that have a past: (B,) what is anticipated, (B, C) each of what `masses` gives."""
    values = np.stack([mass, chance, presence, contribution, mass * mass], axis=1)
    for label in np.unique(anticipated):
      self._sums[int(label)] += values[anticipated == label].sum(0)
      self._counts[int(label)] += int((anticipated == label).sum())

  def dependencies(self, min_windows: float) -> list[Dependency]:
    """All pairs that occur in so many windows, in the order of the class ids."""
    found = []
    share = sum(sums[1] for sums in self._sums.values()) / max(self._counts.total(), 1)
    for label, sums in sorted(self._sums.items()):
      count = self._counts[label]
      for past in np.flatnonzero((sums[2] >= min_windows) & (sums[1] > 0)):
        mass, chance, windows, contribution, squares = sums[:, past]
        mean = mass / count
        error = np.sqrt(max(squares / count - mean**2, 0) / (count - 1)) if count > 1 else np.inf
        values = mean / share[past], error / share[past], mass / chance, contribution / windows, mass, chance, windows
        found.append(Dependency(label, int(past), *map(float, values)))
    return found


def antecedents(dependencies: list[Dependency], num_classes: int) -> dict[int, Dependency]:
  """Of each anticipated class the action whose lift is surely the highest; nothing (class K) is no action."""
  best = {}
  for pair in dependencies:
    if pair.past < num_classes and (pair.anticipated not in best or pair.low > best[pair.anticipated].low):
      best[pair.anticipated] = pair
  return best


def past_actions(shown: np.ndarray, reached: np.ndarray) -> list[PastAction]:
  """The runs of one action, the last first; steps out of reach count for the position and are not to be replaced.

  Args:
    shown: (B, T) class ids; -1 for nothing, which has no position.
    reached: (B, T) bool.
  """
  found = []
  for window, (labels, reach) in enumerate(zip(shown, reached, strict=True)):
    bounds = np.flatnonzero(np.diff(labels, prepend=-2, append=-2))  # No label is -2.
    position = 0
    for start, end in zip(bounds[-2::-1], bounds[:0:-1], strict=True):
      position += labels[start] >= 0
      steps = np.zeros(len(labels), bool)
      steps[start:end] = reach[start:end]
      if labels[start] >= 0 and steps.any():
        found.append(PastAction(window, int(labels[start]), int(position), steps))
  return found


def effects(before: np.ndarray, after: np.ndarray, anticipated: np.ndarray) -> np.ndarray:
  """(N, 3) of distributions (N, K) before and after: the change of the probability of what was anticipated (N,), the
  total variation distance, and whether another class is the most probable one (1 or 0)."""
  rows = np.arange(len(before))
  change = after[rows, anticipated] - before[rows, anticipated]
  return np.stack([change, 0.5 * np.abs(after - before).sum(1), after.argmax(1) != before.argmax(1)], axis=1)


@dataclasses.dataclass(frozen=True)
class Effect:
  """What replacing a past action does, the mean of `count` replacements.

  Attributes:
    position, replaced, anticipated: as in PastAction; class ids. None where the mean is over all.
    count: replacements.
    probability_change, total_variation, top1_changed: see `effects`.
  """

  position: int | None
  replaced: int | None
  anticipated: int | None
  count: int
  probability_change: float
  total_variation: float
  top1_changed: float


class Backward:
  """Sums over replacements, by position, replaced and anticipated action."""

  def __init__(self) -> None:
    self._sums = collections.defaultdict(lambda: np.zeros(4))

  def add(self, position: int, replaced: int, anticipated: int, effect: np.ndarray) -> None:
    """Adds the effect (3,) of one replacement."""
    self._sums[position, replaced, anticipated] += [1, *effect]

  def effects(self, *by: str) -> list[Effect]:
    """Means for each value of `by`: "position", "replaced", "anticipated", or any of them together."""
    names = ("position", "replaced", "anticipated")
    sums = collections.defaultdict(lambda: np.zeros(4))
    for key, values in self._sums.items():
      sums[tuple(value if name in by else None for name, value in zip(names, key, strict=True))] += values
    keys = sorted(sums, key=lambda key: [-1 if value is None else value for value in key])
    return [Effect(*key, int(sums[key][0]), *(sums[key][1:] / sums[key][0]).tolist()) for key in keys]
