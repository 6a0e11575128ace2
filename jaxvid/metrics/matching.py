"""Pairs predictions with ground truth by tIoU, and matches them greedily by score."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator

import numpy as np

from jaxvid.metrics.actions import GroundTruth, Predictions

# (scores (N,), group (N,) integers) -> (N,) rows: the groups ascending, in each the best score first.
Order = Callable[[np.ndarray, np.ndarray], np.ndarray]
_MAX_PAIRS = 1_000_000


@dataclasses.dataclass(frozen=True, eq=False)
class Overlaps:
  """P ranked predictions, and the M pairs of a prediction and a ground truth that overlap.

  Predictions come class by class, best score first; those of classes without ground truth are left out.

  A group is the actions of one class in one recording: only within it can a prediction and a ground truth pair up.
  Pairs come in the order of predictions, those of one prediction by descending tIoU.

  Attributes:
    classes: (C,) class ids of the ground truth, ascending.
    truth_class: (G,) index into classes.
    rows: (P,) index into the rows of the Predictions.
    class_of: (P,) index into classes, ascending.
    group: (P,) integer id of the prediction's group.
    group_size: (P,) ground truths in the prediction's group.
    rank: (P,) how many predictions of the same group rank before it.
    prediction: (M,) index into P.
    truth: (M,) index into G.
    tiou: (M,) their tIoU, above 0.
  """

  classes: np.ndarray
  truth_class: np.ndarray
  rows: np.ndarray
  class_of: np.ndarray
  group: np.ndarray
  group_size: np.ndarray
  rank: np.ndarray
  prediction: np.ndarray
  truth: np.ndarray
  tiou: np.ndarray


def best_first(scores: np.ndarray, group: np.ndarray) -> np.ndarray:
  """Rows by group, best score first; equal scores keep the order of rows. An `Order`."""
  return np.lexsort((-scores, group))


def find_overlaps(
  ground_truth: GroundTruth, predictions: Predictions, min_tiou: float = 0.0, order: Order = best_first
) -> Overlaps:
  """Ranks the predictions and pairs them with the ground truth.

  Args:
    ground_truth, predictions: of a split.
    min_tiou: pairs below it are left out.
    order: ranks each class, and each class of a recording. It decides between equal scores; see
      `jaxvid.metrics.protocols.Protocol.order`.

  Raises:
    ValueError: there is no ground truth.
  """
  if not len(ground_truth.labels):
    raise ValueError("there is no ground truth to score predictions against")
  classes, truth_class = np.unique(ground_truth.labels, return_inverse=True)
  counts = np.flatnonzero(np.isin(predictions.labels, classes))
  class_of = np.searchsorted(classes, predictions.labels[counts])
  ranked = order(predictions.scores[counts], class_of)
  rows, class_of = counts[ranked], class_of[ranked]

  _, video = np.unique(np.concatenate([ground_truth.video, predictions.video[rows]]), return_inverse=True)
  num_truths = len(truth_class)
  truth_group = video[:num_truths] * len(classes) + truth_class
  group = video[num_truths:] * len(classes) + class_of
  rank = _rank(predictions.scores, rows, group, order)

  pairs = []
  for prediction, truth in each_pair(group, truth_group):
    tiou = compute_tiou(predictions.segments[rows[prediction]], ground_truth.segments[truth])
    kept = np.flatnonzero((tiou > 0) & (tiou >= min_tiou))
    kept = kept[np.lexsort((-tiou[kept], prediction[kept]))]
    pairs.append((prediction[kept], truth[kept], tiou[kept]))
  prediction, truth, tiou = (np.concatenate(column) for column in zip(*pairs, strict=True))
  num_groups = group.max(initial=-1) + 1
  group_size = np.bincount(truth_group, minlength=num_groups)[group]
  return Overlaps(classes, truth_class, rows, class_of, group, group_size, rank, prediction, truth, tiou)


def each_pair(group: np.ndarray, truth_group: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
  """All pairs of a prediction and a ground truth of the same group, by prediction, then by ground truth.

  Args:
    group: (P,) integer group of each prediction.
    truth_group: (G,) integer group of each ground truth.

  Yields:
    Indices into P and into G, (M,) each. About a million pairs at a time, which bounds the memory; at least one yield,
    be it of no pairs.
  """
  # With the ground truth sorted by group, the partners of a prediction are one run of it: [first, first + size).
  by_group = np.argsort(truth_group, kind="stable")
  first = np.searchsorted(truth_group[by_group], group, side="left")
  sizes = np.searchsorted(truth_group[by_group], group, side="right") - first
  total = np.cumsum(sizes)
  cuts = np.searchsorted(total, np.arange(_MAX_PAIRS, total[-1] if len(total) else 0, _MAX_PAIRS)).tolist()
  for start, end in itertools.pairwise([0, *cuts, len(sizes)]):
    prediction = np.repeat(np.arange(start, end), sizes[start:end])
    yield prediction, by_group[np.repeat(first[start:end], sizes[start:end]) + position_in_run(prediction)]


def match(overlaps: Overlaps, tious: np.ndarray) -> np.ndarray:
  """Matches predictions with ground truth greedily, at each threshold.

  In order of score, a prediction takes the ground truth of its group that has the highest tIoU among those still free
  and at or above the threshold. Groups do not compete for the same ground truths, so turn r handles the r-th best
  prediction of every group at once.

  Args:
    overlaps: from `find_overlaps`.
    tious: (T,) thresholds.

  Returns:
    (T, P) index of the ground truth that a prediction takes; -1 where it takes none.
  """
  taken_by = np.full((len(tious), len(overlaps.rows)), -1)
  taken = np.zeros((len(tious), len(overlaps.truth_class)), bool)
  if not len(overlaps.prediction):
    return taken_by
  contenders, contender = np.unique(overlaps.prediction, return_inverse=True)
  turn = rank_in_group(overlaps.group[contenders])[contender]
  by_turn = np.argsort(turn, kind="stable")
  for pairs in np.split(by_turn, np.flatnonzero(np.diff(turn[by_turn])) + 1):
    prediction, truth = overlaps.prediction[pairs], overlaps.truth[pairs]
    free = (overlaps.tiou[pairs] >= tious[:, None]) & ~taken[:, truth]
    # The pairs of a prediction are a run, best tIoU first: the prediction takes the first free one.
    runs = np.flatnonzero(np.diff(prediction, prepend=-1))
    choice = np.minimum.reduceat(np.where(free, np.arange(len(pairs)), len(pairs)), runs, axis=1)
    threshold, run = np.nonzero(choice < len(pairs))
    chosen = choice[threshold, run]
    taken[threshold, truth[chosen]] = True
    taken_by[threshold, prediction[chosen]] = truth[chosen]
  return taken_by


def compute_tiou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
  """(M,) intersection over union of the segments a and b (M, 2), pair by pair; 0 where both have length zero."""
  intersection = np.maximum(np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0]), 0.0)
  union = (a[:, 1] - a[:, 0]) + (b[:, 1] - b[:, 0]) - intersection
  return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)


def position_in_run(ids: np.ndarray) -> np.ndarray:
  """Position (N,) of each row in its run of equal `ids` (N,): 0, 1, 2, ..."""
  new_run = np.diff(ids, prepend=-1) != 0
  return np.arange(len(ids)) - np.flatnonzero(new_run)[np.cumsum(new_run) - 1]


def rank_in_group(group: np.ndarray) -> np.ndarray:
  """How many earlier rows have the same `group` (N,): (N,)."""
  by_group = np.argsort(group, kind="stable")
  rank = np.empty(len(group), int)
  rank[by_group] = position_in_run(group[by_group])
  return rank


def _rank(scores: np.ndarray, rows: np.ndarray, group: np.ndarray, order: Order) -> np.ndarray:
  """Rank (P,) of predictions `rows` (P,) within `group` (P,); equal scores in the order of the rows themselves."""
  by_row = np.argsort(rows)
  ranked = by_row[order(scores[rows[by_row]], group[by_row])]
  rank = np.empty(len(rows), int)
  rank[ranked] = position_in_run(group[ranked])
  return rank
