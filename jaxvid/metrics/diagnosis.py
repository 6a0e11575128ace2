"""Error diagnosis of a detector, after "Diagnosing Error in Temporal Action Detectors" (DETAD; Alwassel et al., ECCV
2018).

AP_N is average precision with a normalised precision, r * N / (r * N + FP) at recall r and FP false positives, where N
is the mean number of actions a class. It makes frequent and rare classes comparable, and a part of the actions with all
of them. Each false positive has a type, given by the ground truth of any class that it overlaps most.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jaxvid.metrics import matching
from jaxvid.metrics.actions import GroundTruth, Predictions, take
from jaxvid.metrics.detection import check_tious, envelope
from jaxvid.metrics.matching import Order, best_first
from jaxvid.metrics.protocols import Bins

ERRORS = ("double_detection", "wrong_label", "localization", "confusion", "background")
KINDS = ("true_positive", *ERRORS)
_MIN_TIOU = 0.1  # A prediction that overlaps less than this is in the background.
_MULTIPLE = 10  # Errors are typed among each class's best 10 G predictions, G its number of actions.
_SIZES = {4: ("XS", "S", "M", "L"), 5: ("XS", "S", "M", "L", "XL")}


@dataclasses.dataclass(frozen=True)
class Group:
  """The actions whose characteristic (length, say) lies in one bin.

  Attributes:
    name: "XS" to "XL" where there are four or five bins.
    lower, upper: the bin is (lower, upper].
    num_actions: how many actions are in it.
    average_map_n: AP_N on them alone, mean over thresholds and over the classes that have any; None without actions.
    missed: share that no prediction matches, mean over thresholds; None without actions.
  """

  name: str
  lower: float
  upper: float
  num_actions: int
  average_map_n: float | None
  missed: float | None


@dataclasses.dataclass(frozen=True)
class Diagnosis:
  """Errors of a split's predictions by type, and scores by group of actions, as fractions.

  Attributes:
    tious: thresholds; every number below is a mean over them.
    average_map_n: AP_N of all predictions, mean over classes.
    missed: share of the actions that no prediction matches.
    top_average_map_n: AP_N of each class's best 10 G predictions, G its number of actions.
    gain: type of error -> how much top_average_map_n rises if all predictions of that type are removed.
    profile: ten entries, from each class's best G predictions to those ranked 9 G to 10 G: kind -> share.
    characteristics: "length", "coverage" (where the recordings' durations are known), "instances" -> groups.
  """

  tious: tuple[float, ...]
  average_map_n: float
  missed: float
  top_average_map_n: float
  gain: dict[str, float]
  profile: tuple[dict[str, float], ...]
  characteristics: dict[str, tuple[Group, ...]]

  def to_dict(self) -> dict[str, Any]:
    """Plain values for JSON."""
    return dataclasses.asdict(self)


def diagnose(
  ground_truth: GroundTruth,
  predictions: Predictions,
  tious: ArrayLike,
  durations: np.ndarray,
  bins: Bins | None = None,
  order: Order = best_first,
) -> Diagnosis:
  """Finds what a split's predictions get wrong, and for which actions.

  Args:
    ground_truth: `video` is an index into `durations`. Actions of length zero are left out, as are those longer than
      their recording.
    predictions: `video` likewise; those of other recordings are false positives in the background.
    tious: thresholds in (0, 1].
    durations: (V,) of the recordings, seconds; NaN where unknown.
    bins: edges of the groups; None for quintiles of the actions at hand.
    order: decides between equal scores, see `matching.find_overlaps`.

  Raises:
    ValueError: if there is no ground truth, or a threshold is outside (0, 1].
  """
  # Actions that can be compared: of positive length, no longer than their recording.
  tious = check_tious(tious)
  values = _characteristics(ground_truth, np.asarray(durations, float))
  usable = (values["length"] > 0) & ~(values["coverage"] > 1)
  truth, values = take(ground_truth, usable), {name: value[usable] for name, value in values.items()}

  # All predictions: which of them match, and which actions are matched.
  overlaps = matching.find_overlaps(truth, predictions, tious.min(), order)
  taken = matching.match(overlaps, tious)
  num_truths = np.bincount(overlaps.truth_class)
  found = np.zeros((len(tious), len(truth.labels)), bool)
  threshold, hit = np.nonzero(taken >= 0)
  found[threshold, taken[threshold, hit]] = True

  # Each class's best 10 G predictions: a type for each, and the score without those of one type.
  top = take(predictions, _best_rows(overlaps, num_truths))
  top_overlaps = matching.find_overlaps(truth, top, tious.min(), order)
  kinds = _kinds(truth, top, top_overlaps, tious)
  top_map = _average_map_n(kinds == 0, kinds >= 0, top_overlaps.class_of, num_truths, num_truths)
  return Diagnosis(
    tious=tuple(tious.tolist()),
    average_map_n=_average_map_n(taken >= 0, taken >= -1, overlaps.class_of, num_truths, num_truths),
    missed=float(np.mean(~found)),
    top_average_map_n=top_map,
    gain={
      name: _average_map_n(kinds == 0, kinds != kind, top_overlaps.class_of, num_truths, num_truths) - top_map
      for kind, name in enumerate(ERRORS, start=1)
    },
    profile=_profile(kinds, top_overlaps.class_of, num_truths),
    characteristics={
      name: _groups(value, edges, overlaps, taken, found, num_truths)
      for name, value in values.items()
      if not np.isnan(value).all()
      for edges in [getattr(bins, name) if bins else _quintiles(value)]
    },
  )


def _characteristics(truth: GroundTruth, durations: np.ndarray) -> dict[str, np.ndarray]:
  """Characteristics of the actions, (G,) each: length in seconds, coverage of the recording, actions in the recording.

  The paper counts the actions of the same class; its published code, followed here, those of any class.
  """
  length = truth.segments[:, 1] - truth.segments[:, 0]
  instances = np.bincount(truth.video, minlength=len(durations))[truth.video]
  return {"length": length, "coverage": length / durations[truth.video], "instances": instances.astype(float)}


def _quintiles(values: np.ndarray) -> tuple[float, ...]:
  """Edges of five bins with equally many values each; fewer bins where many values are equal."""
  edges = np.unique(np.nanquantile(values, np.linspace(0, 1, 6))).tolist()
  return tuple(edges if len(edges) > 1 else edges * 2)


def _best_rows(overlaps: matching.Overlaps, num_truths: np.ndarray) -> np.ndarray:
  """Rows of each class's best predictions, ten times as many as it has actions."""
  return overlaps.rows[matching.rank_in_group(overlaps.class_of) < _MULTIPLE * num_truths[overlaps.class_of]]


def _kinds(truth: GroundTruth, predictions: Predictions, overlaps: matching.Overlaps, tious: np.ndarray) -> np.ndarray:
  """Kind of each prediction (T, P) at each threshold: index into KINDS; predictions in the order of `overlaps`."""
  best_tiou, best_label = np.zeros(len(overlaps.rows)), np.full(len(overlaps.rows), -1)
  for prediction, partner in matching.each_pair(predictions.video[overlaps.rows], truth.video):
    tiou = matching.compute_tiou(predictions.segments[overlaps.rows[prediction]], truth.segments[partner])
    order = np.lexsort((-tiou, prediction))
    order = order[np.diff(prediction[order], prepend=-1) != 0]  # Each prediction's best partner; ties: the first.
    best_tiou[prediction[order]], best_label[prediction[order]] = tiou[order], truth.labels[partner[order]]
  # 0 true positive, 1 double detection, 2 wrong label, 3 localization, 4 confusion, 5 background.
  same = best_label == predictions.labels[overlaps.rows]
  error = np.where(best_tiou >= _MIN_TIOU, np.where(same, 3, 4), 5)
  error = np.where(best_tiou >= tious[:, None], np.where(same, 1, 2), error)
  return np.where(matching.match(overlaps, tious) >= 0, 0, error)


def _average_map_n(
  hits: np.ndarray, counted: np.ndarray, class_of: np.ndarray, num_truths: np.ndarray, num_found_truths: np.ndarray
) -> float:
  """AP_N of some predictions on some ground truth, mean over thresholds and over the classes that have any of it.

  Args:
    hits: (T, P) predictions that match a ground truth; classes ascending, in each the best score first.
    counted: (T, P) which predictions count; the others are as if they had not been made.
    class_of: (P,) index of the class.
    num_truths: (C,) actions of each class, all of them; their mean is N.
    num_found_truths: (C,) actions of each class that could be found, all or those of one group.
  """
  mean_truths = num_truths.mean()
  edges = np.searchsorted(class_of, np.arange(len(num_truths) + 1))
  averages = []
  for c in np.flatnonzero(num_found_truths):
    mine = slice(edges[c], edges[c + 1])
    hit = hits[:, mine] & counted[:, mine]
    found = np.cumsum(hit, axis=1) / num_found_truths[c] * mean_truths
    total = found + np.cumsum(~hits[:, mine] & counted[:, mine], axis=1)
    precision = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
    averages.append(np.sum(envelope(precision) * hit, axis=1).mean() / num_found_truths[c])
  return float(np.mean(averages))


def _profile(kinds: np.ndarray, class_of: np.ndarray, num_truths: np.ndarray) -> tuple[dict[str, float], ...]:
  """Shares of the kinds among the best G predictions of each class, the next G, and so on while there are any."""
  part = matching.rank_in_group(class_of) // num_truths[class_of]
  shares = []
  for g in range(_MULTIPLE):
    some = kinds[:, part == g]
    if some.size:
      shares.append({name: float(np.mean(some == kind)) for kind, name in enumerate(KINDS)})
  return tuple(shares)


def _groups(values, edges, overlaps, taken, found, num_truths) -> tuple[Group, ...]:
  """The groups of a characteristic, from its values (G,) and edges (B + 1,)."""
  # Bins are (lower, upper], the first one closed below; an unknown value is in none.
  bin_of = np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)
  bin_of = np.where(np.isnan(values) | (values > edges[-1]), -1, bin_of)
  names = _SIZES.get(len(edges) - 1, [str(i + 1) for i in range(len(edges) - 1)])
  groups = []
  for b, name in enumerate(names):
    mine = bin_of == b
    # Predictions that match an action of another group, at any threshold, are neither right nor wrong here.
    stays = np.all((taken < 0) | mine[taken], axis=0)
    num_mine = np.bincount(overlaps.truth_class[mine], minlength=len(num_truths))
    groups.append(
      Group(
        name=name,
        lower=float(edges[b]),
        upper=float(edges[b + 1]),
        num_actions=int(mine.sum()),
        average_map_n=_average_map_n(
          taken[:, stays] >= 0, taken[:, stays] >= -1, overlaps.class_of[stays], num_truths, num_mine
        )
        if mine.any()
        else None,
        missed=float(np.mean(~found[:, mine])) if mine.any() else None,
      )
    )
  return tuple(groups)
