"""Statistics of an anticipation network's attention, and of its predictions after another past.

Forward: the attention to the steps of a past action while an action is anticipated, in units of chance. Uniform
attention has a ratio of 1 for every pair, however often an action occurs and however long it takes.
Backward: the change of the anticipation when the fed-back predictions of a past action are replaced. Both need only
Action-Guided Attention's own queries and keys (arXiv 2603.01743), no trained probe. NumPy only; only sums over
observation windows are kept.
"""

import collections
import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Dependency:
  """Attention to one past action while one action is anticipated: a pair, over all observation windows.

  Attributes:
    anticipated, past: class ids; K stands for steps without an action.
    lift: mean attention to the past action, divided by its mean share of reachable steps over all windows.
    error: standard error of the lift, taking windows as independent and the share as known.
    ratio: attention to the past action, divided by its share of reachable steps in the same windows.
    contribution: logit that the past action's steps add for the anticipated class, mean over the windows in which
      the past action is reachable; NaN for models without contributions.
    mass: attention to the past action's steps, summed over windows.
    chance: their share of all reachable steps, summed over windows.
    windows: number of windows in which the past action is reachable.
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
    """The lift less two standard errors."""
    return self.lift - 2 * self.error


@dataclasses.dataclass(frozen=True)
class PastAction:
  """Neighbouring steps of an observation window that show one action.

  Attributes:
    window: index of the observation window in its batch.
    label: class id of the action.
    position: 1 for the last action of the past, 2 for the one before it, ...
    steps: (T,) bool, True at its steps that the last step can attend to.
  """

  window: int
  label: int
  position: int
  steps: np.ndarray


def reach_mask(mask: np.ndarray, youngest: int, attention_window: int) -> np.ndarray:
  """Steps that the last step may attend to, (B, T) bool; as in jaxvid.ops.recent.window_reach.

  Args:
    mask: (B, T), True = valid.
    youngest: age of the youngest of these steps: 1, or 0 where the last step attends to itself too.
    attention_window: number of steps, counted from the youngest. Ages count valid steps only.
  """
  before = np.cumsum(mask, axis=1) - mask
  age = before[:, -1:] - before
  return mask & (age >= youngest) & (age < youngest + attention_window)


def ongoing_action_mask(shown: np.ndarray) -> np.ndarray:
  """Steps of the action that still goes on at the last step, back to its start; (B, T) bool, False without one.

  Args:
    shown: (B, T) class ids, -1 for nothing.
  """
  same = (shown == shown[:, -1:]) & (shown[:, -1:] >= 0)
  return np.logical_and.accumulate(same[:, ::-1], axis=1)[:, ::-1]


def one_hot(shown: np.ndarray, num_classes: int) -> np.ndarray:
  """Class ids (...) as one-hot rows (..., K + 1) float32; -1, no action, is class K."""
  return (np.where(shown < 0, num_classes, shown)[..., None] == np.arange(num_classes + 1)).astype(np.float32)


def masses(
  attention: np.ndarray,
  reached: np.ndarray,
  shares: np.ndarray,
  counted: np.ndarray | None = None,
  contribution: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
  """Attention to each class in each observation window, summed over steps.

  Args:
    attention: (B, H, T), attention weights of the last step; averaged over heads.
    reached: (B, T) bool, steps that the last one can attend to; chance is uniform over them.
    shares: (B, T, C), share of each class in each step.
    counted: (B, T) bool, steps to sum over; None for all of `reached`.
    contribution: (B, T), logit that each step adds for the anticipated class; None if unknown.

  Returns:
    (mass, chance, presence, contribution), each (B, C): attention, attention if it were uniform, the largest share of
    the class in any step (1 or 0 where steps show one class each), and the added logit (NaN if unknown).
  """
  counted = reached if counted is None else reached & counted
  uniform = counted / np.maximum(reached.sum(1, keepdims=True), 1)
  over_steps = lambda values: np.einsum("bt,btc->bc", values, shares)  # noqa: E731
  mass = over_steps(attention.mean(1, dtype=np.float64) * counted)
  added = np.full_like(mass, np.nan) if contribution is None else over_steps(contribution * counted)
  return mass, over_steps(uniform), (shares * counted[..., None]).max(1), added


class Forward:
  """Running sums of `masses` over observation windows, a row for each anticipated class."""

  def __init__(self, num_columns: int) -> None:
    """Args: num_columns: number of classes that a step may show, no action included."""
    # Rows: mass, chance, presence, contribution, squared mass (for the standard error).
    self._sums = collections.defaultdict(lambda: np.zeros((5, num_columns)))
    self._counts = collections.Counter()  # Windows of each anticipated class.

  def add(
    self, anticipated: np.ndarray, mass: np.ndarray, chance: np.ndarray, presence: np.ndarray, contribution: np.ndarray
  ) -> None:
    """Adds B windows that have a past: their anticipated classes (B,), and what `masses` returns, (B, C) each."""
    values = np.stack([mass, chance, presence, contribution, mass * mass], axis=1)
    for label in np.unique(anticipated):
      self._sums[int(label)] += values[anticipated == label].sum(0)
      self._counts[int(label)] += int((anticipated == label).sum())

  def dependencies(self, min_windows: float) -> list[Dependency]:
    """The pairs that occur in at least `min_windows` windows, ordered by class id."""
    found = []
    # The past action's mean share of reachable steps, whatever is anticipated: what lift is measured against.
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
  """For each anticipated class its antecedent: the past action with the highest lift less two standard errors.

  Class K, no action, is never an antecedent.
  """
  best = {}
  for pair in dependencies:
    if pair.past < num_classes and (pair.anticipated not in best or pair.low > best[pair.anticipated].low):
      best[pair.anticipated] = pair
  return best


def past_actions(shown: np.ndarray, reached: np.ndarray) -> list[PastAction]:
  """Past actions of each observation window, the last one first.

  Actions out of reach count for the positions of those before them, but are not returned.

  Args:
    shown: (B, T) class ids; -1 for no action, which takes no position.
    reached: (B, T) bool, steps that the last one can attend to.
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
  """Change between the distributions of N anticipations.

  Args:
    before, after: (N, K) probabilities.
    anticipated: (N,) class ids.

  Returns:
    (N, 3): change of the anticipated class's probability; total variation distance; 1 if the most probable class
    is another one, else 0.
  """
  rows = np.arange(len(before))
  change = after[rows, anticipated] - before[rows, anticipated]
  return np.stack([change, 0.5 * np.abs(after - before).sum(1), after.argmax(1) != before.argmax(1)], axis=1)


@dataclasses.dataclass(frozen=True)
class Effect:
  """Mean effect of `count` replacements of a past action.

  Attributes:
    position: of the replaced action, as in PastAction; None for the mean over all positions.
    replaced, anticipated: class ids; None for the mean over all classes.
    count: number of replacements.
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
  """Running sums of `effects`, by position, replaced and anticipated action."""

  def __init__(self) -> None:
    self._sums = collections.defaultdict(lambda: np.zeros(4))

  def add(self, position: int, replaced: int, anticipated: int, effect: np.ndarray) -> None:
    """Adds one replacement; `effect` is a row (3,) of `effects`."""
    self._sums[position, replaced, anticipated] += [1, *effect]

  def effects(self, *by: str) -> list[Effect]:
    """Mean effects grouped by the keys in `by`: "position", "replaced", "anticipated"."""
    names = ("position", "replaced", "anticipated")
    sums = collections.defaultdict(lambda: np.zeros(4))
    for key, values in self._sums.items():
      sums[tuple(value if name in by else None for name, value in zip(names, key, strict=True))] += values
    keys = sorted(sums, key=lambda key: [-1 if value is None else value for value in key])
    return [Effect(*key, int(sums[key][0]), *(sums[key][1:] / sums[key][0]).tolist()) for key in keys]
