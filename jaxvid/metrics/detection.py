"""Detection scores over a split: average precision and recall at temporal IoU (tIoU) thresholds.

The protocol is that of the ActivityNet challenge (Caba Heilbron et al., CVPR 2015), which THUMOS14, EPIC-Kitchens and
ActionFormer's evaluator share: every prediction of every recording is ranked by score, class by class.

Three rules that scores of the last digit depend on:
* equal scores keep the order of the rows, the earlier row first, unless another `order` is given (that of the public
  evaluators is a protocol's, jaxvid.metrics.protocols); without ties the order of rows does not matter;
* labels are compared as they are, never re-indexed: a prediction of a class that the ground truth lacks is ignored;
* a ground truth of length zero overlaps nothing: its tIoU is 0, not 0/0.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from jaxvid.metrics.actions import GroundTruth, Predictions
from jaxvid.metrics.matching import Order, Overlaps, best_first, find_overlaps, match


@dataclasses.dataclass(frozen=True, eq=False)
class DetectionScores:
  """Average precision and recall of a split, as fractions.

  Attributes:
    tious: (T,) thresholds.
    ks: (K,) the k of each Recall@kx.
    classes: (C,) class ids of the ground truth, ascending.
    ap: (T, C) average precision.
    recall: (T, K) Recall@kx, mean over classes.
  """

  tious: np.ndarray
  ks: tuple[int, ...]
  classes: np.ndarray
  ap: np.ndarray
  recall: np.ndarray

  @property
  def mean_ap(self) -> np.ndarray:
    """(T,) mAP at each threshold."""
    return self.ap.mean(axis=1)

  @property
  def average_map(self) -> float:
    """The mean of mAP over thresholds: the one number papers quote."""
    return float(self.mean_ap.mean())

  def to_dict(self, class_names: Sequence[str] | None = None) -> dict:
    """Plain values for JSON; thresholds become keys such as "0.30", classes their names or, without names, their ids.

    Args:
      class_names: names indexed by class id.
    """
    per_class = {
      str(label if class_names is None else class_names[label]): {
        "average_AP": float(ap.mean()),
        "AP": self._by_tiou(ap),
      }
      for label, ap in zip(self.classes.tolist(), self.ap.T, strict=True)
    }
    return {
      "average_mAP": self.average_map,
      "mAP": self._by_tiou(self.mean_ap),
      "recall": {f"{k}x": self._by_tiou(recall) for k, recall in zip(self.ks, self.recall.T, strict=True)},
      "per_class": per_class,
    }

  def _by_tiou(self, values: np.ndarray) -> dict[str, float]:
    """Values (T,) by threshold, as "0.30"."""
    return {f"{tiou:.2f}": float(value) for tiou, value in zip(self.tious, values, strict=True)}


def evaluate(
  ground_truth: GroundTruth,
  predictions: Predictions,
  tious: ArrayLike,
  ks: Sequence[int] = (1, 5),
  order: Order = best_first,
) -> DetectionScores:
  """Average precision and Recall@kx of `predictions` at each threshold in `tious`.

  Args:
    ground_truth, predictions: of a split.
    tious: thresholds in (0, 1].
    ks: the k of Recall@kx.
    order: ranks predictions and decides between equal scores; see `jaxvid.metrics.matching.find_overlaps`.

  Raises:
    ValueError: if there is no ground truth, or a threshold is outside (0, 1].
  """
  tious = check_tious(tious)
  overlaps = find_overlaps(ground_truth, predictions, tious.min(), order)
  return DetectionScores(
    tious=tious,
    ks=tuple(ks),
    classes=overlaps.classes,
    ap=_average_precision(overlaps, tious),
    recall=_recall_at_kx(overlaps, tious, ks),
  )


def average_precision(
  ground_truth: GroundTruth, predictions: Predictions, tious: ArrayLike, order: Order = best_first
) -> tuple[np.ndarray, np.ndarray]:
  """Interpolated average precision of each class at each threshold.

  In order of score, a prediction takes the ground truth of its recording and class that has the highest tIoU among
  those still free and at or above the threshold; one that finds none is a false positive. The area under the
  precision-recall curve is the exact one of VOC 2011: precision is first made non-increasing from the right.

  Returns:
    ap (T, C) and the C class ids that the ground truth has, ascending; a class without predictions has 0.

  Raises:
    ValueError: as `evaluate`.
  """
  tious = check_tious(tious)
  overlaps = find_overlaps(ground_truth, predictions, tious.min(), order)
  return _average_precision(overlaps, tious), overlaps.classes


def recall_at_kx(
  ground_truth: GroundTruth,
  predictions: Predictions,
  tious: ArrayLike,
  ks: Sequence[int] = (1, 5),
  order: Order = best_first,
) -> np.ndarray:
  """Recall of the k * n best predictions of each class in each recording that holds n actions of it, mean over classes.

  An action is found if any of them reaches the threshold; one prediction may find several.

  Returns:
    (T, K).

  Raises:
    ValueError: as `evaluate`.
  """
  tious = check_tious(tious)
  return _recall_at_kx(find_overlaps(ground_truth, predictions, tious.min(), order), tious, ks)


def remove_duplicate_annotations(
  segments: ArrayLike, labels: ArrayLike, tolerance: float = 1e-3
) -> tuple[np.ndarray, np.ndarray]:
  """ActionFormer's cleaning of the annotations of one recording (the official ActivityNet evaluator keeps them all).

  In the given order, an annotation is dropped if it is shorter than `tolerance`, or if one kept before it has the same
  label and both boundaries within `tolerance`.

  Args:
    segments: (N, 2) seconds.
    labels: (N,) class ids.
    tolerance: seconds.

  Returns:
    The segments (M, 2) and labels (M,) that stay, in order.
  """
  segments, labels = np.asarray(segments, np.float64).reshape(-1, 2), np.asarray(labels)
  kept = segments[:, 1] - segments[:, 0] >= tolerance
  # Pairs of which the later repeats the earlier; each matters only if the earlier one stays.
  repeats = np.triu(labels[:, None] == labels, k=1)
  for boundary in segments.T:
    repeats &= np.abs(boundary[:, None] - boundary) <= tolerance
  for later in np.flatnonzero(repeats.any(axis=0)):
    kept[later] &= not np.any(kept & repeats[:, later])
  return segments[kept], labels[kept]


def format_scores(scores: DetectionScores, class_names: Sequence[str] | None = None) -> str:
  """A table in percent for the terminal: a column a threshold and one for their mean.

  Args:
    scores: of `evaluate`.
    class_names: names indexed by class id; if given, the average precision of each class follows.
  """
  rows = [("mAP", scores.mean_ap)]
  rows += [(f"Recall@{k}x", recall) for k, recall in zip(scores.ks, scores.recall.T, strict=True)]
  per_class = []
  if class_names is not None:
    per_class = [(class_names[label], ap) for label, ap in zip(scores.classes, scores.ap.T, strict=True)]
  width = max(len(name) for name, _ in [*rows, *per_class, ("tIoU", None)])

  def line(name: str, values: Iterable[str]) -> str:
    return f"{name:<{width}}" + "".join(f"{value:>8}" for value in values)

  def percent(name: str, values: np.ndarray) -> str:
    return line(name, [f"{100 * value:.2f}" for value in [*values, np.mean(values)]])

  header = line("tIoU", [*(f"{tiou:.2f}" for tiou in scores.tious), "mean"])
  rule = "-" * len(header)
  table = [header, rule, *(percent(*row) for row in rows)]
  if per_class:
    table += [rule, *(percent(*row) for row in per_class)]
  return "\n".join(table)


def _average_precision(overlaps: Overlaps, tious: np.ndarray) -> np.ndarray:
  """Average precision (T, C) at each threshold, of each class; see `average_precision`."""
  hits = match(overlaps, tious) >= 0
  num_classes = len(overlaps.classes)
  num_truths = np.bincount(overlaps.truth_class, minlength=num_classes)
  edges = np.searchsorted(overlaps.class_of, np.arange(num_classes + 1))
  ap = np.zeros((len(tious), num_classes))
  for c in range(num_classes):
    hit = hits[:, edges[c] : edges[c + 1]]
    # Recall rises by 1 / num_truths at each hit and nowhere else, so the area is a sum over hits.
    precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
    ap[:, c] = np.sum(envelope(precision) * hit, axis=1) / num_truths[c]
  return ap


def _recall_at_kx(overlaps: Overlaps, tious: np.ndarray, ks: Sequence[int]) -> np.ndarray:
  """Recall@kx (T, K) at each threshold, for each k; see `recall_at_kx`."""
  num_truths = np.bincount(overlaps.truth_class)
  recall = np.zeros((len(tious), len(ks)))
  for j, k in enumerate(ks):
    among_best = (overlaps.rank < k * overlaps.group_size)[overlaps.prediction]
    for i, tiou in enumerate(tious):
      found = np.zeros(len(overlaps.truth_class))
      found[overlaps.truth[among_best & (overlaps.tiou >= tiou)]] = 1
      recall[i, j] = np.mean(np.bincount(overlaps.truth_class, weights=found) / num_truths)
  return recall


def envelope(precision: np.ndarray) -> np.ndarray:
  """Interpolated precision (T, P), as in VOC 2011: at each rank the highest precision from there on."""
  return np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]


def check_tious(tious: ArrayLike) -> np.ndarray:
  """Converts thresholds to an array (T,); raises ValueError where one is outside (0, 1]."""
  tious = np.atleast_1d(np.asarray(tious, np.float64))
  if not np.all((tious > 0) & (tious <= 1)):
    raise ValueError(f"tIoU thresholds must lie in (0, 1], got {tious.tolist()}")
  return tious
