"""Scoring protocols of the public benchmarks: subset, thresholds, peculiarities of their evaluators."""

import dataclasses

import numpy as np

from jaxvid.metrics.matching import Order, best_first
from jaxvid.metrics.ties import published_order

# Orders of equal scores; mAP depends on them by some 1e-5.
ORDERS = {"rows": best_first, "reference": published_order}


@dataclasses.dataclass(frozen=True)
class Bins:
  """Edges of the groups of actions that the diagnosis compares; a group is (lower, upper], the first closed below.

  Attributes:
    length: of actions, in seconds.
    coverage: of actions, as a share of their recording.
    instances: number of actions in the recording, of any class.
  """

  length: tuple[float, ...]
  coverage: tuple[float, ...]
  instances: tuple[float, ...]


# DETAD's (Alwassel et al., ECCV 2018) for the two datasets it was made for.
ACTIVITYNET_BINS = Bins((0, 30, 60, 120, 180, np.inf), (0, 0.2, 0.4, 0.6, 0.8, 1), (-1, 1, 4, 8, np.inf))
THUMOS_BINS = Bins((0, 3, 6, 12, 18, np.inf), (0, 0.02, 0.04, 0.06, 0.08, 1), (-1, 1, 40, 80, np.inf))


@dataclasses.dataclass(frozen=True)
class Protocol:
  """Rules of a benchmark's evaluator.

  Attributes:
    evaluator: whose evaluator this is.
    subsets: names of the subset that is scored, in upper or lower case; the first one that the annotation file has.
    tious: thresholds, with the evaluator's rounding.
    recall_at: the k of Recall@kx.
    remove_duplicates: leave out annotations that repeat another, and those shorter than 1 ms.
    ties: order of equal scores, a key of `ORDERS`: "rows" keeps the order of rows, "reference" is that of the public
      evaluators.
    legacy: let predicted classes that the ground truth lacks collide with others, as the evaluators of ActionFormer and
      (until 2024) EPIC-Kitchens do; see `collide`.
    bins: of the diagnosis; None for quintiles of the actions at hand.
  """

  evaluator: str
  subsets: tuple[str, ...]
  tious: tuple[float, ...]
  recall_at: tuple[int, ...] = (1, 5)
  remove_duplicates: bool = False
  ties: str = "reference"
  legacy: bool = False
  bins: Bins | None = None

  def __post_init__(self) -> None:
    if self.ties not in ORDERS:
      raise ValueError(f"ties is {self.ties!r}, expected one of {', '.join(ORDERS)}")

  @property
  def order(self) -> Order:
    """Function that ranks predictions by score, equal scores as `ties` says."""
    return ORDERS[self.ties]


def _thresholds(first: float, last: float, num: int) -> tuple[float, ...]:
  """`num` equally spaced tIoU thresholds."""
  return tuple(np.linspace(first, last, num).tolist())


_VALIDATION = ("validation", "val")
_ACTIVITYNET = Protocol("ActivityNet", _VALIDATION, _thresholds(0.5, 0.95, 10), bins=ACTIVITYNET_BINS)
_EPIC = Protocol("EPIC-Kitchens C2", _VALIDATION, _thresholds(0.1, 0.5, 5))
_AS_ACTIONFORMER = dict(evaluator="ActionFormer", remove_duplicates=True)

PROTOCOLS = {
  "thumos14": Protocol("ActionFormer", ("test",), _thresholds(0.3, 0.7, 5), remove_duplicates=True, bins=THUMOS_BINS),
  "activitynet13": _ACTIVITYNET,
  "activitynet13_actionformer": dataclasses.replace(_ACTIVITYNET, **_AS_ACTIONFORMER),
  "hacs": _ACTIVITYNET,
  "hacs_actionformer": dataclasses.replace(_ACTIVITYNET, **_AS_ACTIONFORMER),
  "epic100": _EPIC,
  "epic100_actionformer": dataclasses.replace(_EPIC, **_AS_ACTIONFORMER),
  "ego4d": Protocol("ActionFormer", _VALIDATION, _thresholds(0.1, 0.5, 5), remove_duplicates=True),
}


def collide(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
  """Predicted class ids as the public evaluators compare them: a class without ground truth may become another one.

  The evaluators number the classes of the ground truth 0, 1, ..., in the predictions too, but leave a predicted class
  that is not among them as it is: it then counts as a prediction of the class that got its number. With ground truth of
  classes 3, 5 and 7, predictions of 3, 5, 7, 1, 0, 2 are compared as 0, 1, 2, 1, 0, 2: as 3, 5, 7, 5, 3, 7.

  Args:
    labels: (N,) predicted class ids.
    classes: (C,) class ids of the ground truth, ascending.

  Returns:
    (N,) class ids; a predicted class that neither is in the ground truth nor collides stays as it is.
  """
  collides = ~np.isin(labels, classes) & (labels >= 0) & (labels < len(classes))
  return np.where(collides, classes[np.where(collides, labels, 0)], labels)
