"""Detection scores over a split: average precision and recall at temporal IoU (tIoU) thresholds.

The protocol is that of the ActivityNet challenge (Caba Heilbron et al., CVPR 2015), which THUMOS14, EPIC-Kitchens and
ActionFormer's evaluator share: every prediction of every recording is ranked by score, class by class.

Three rules that scores of the last digit depend on:
* equal scores keep the order of the rows, the earlier row first; without ties the order of rows does not matter;
* labels are compared as they are, never re-indexed: a prediction of a class that the ground truth lacks has nothing to
  be wrong about and does not count;
* a ground truth of length zero overlaps nothing: its tIoU is 0, not 0/0.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class GroundTruth:
  """The annotated actions of a split, one a row.

  Attributes:
    video: (N,) id of the recording, strings or integers.
    segments: (N, 2) start and end in seconds.
    labels: (N,) integer class ids.
  """

  video: np.ndarray
  segments: np.ndarray
  labels: np.ndarray

  def __post_init__(self):
    _normalise(self)


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
  """The detected actions of a split, one a row in any order; fields as in `GroundTruth`, and scores (N,)."""

  video: np.ndarray
  segments: np.ndarray
  labels: np.ndarray
  scores: np.ndarray

  def __post_init__(self):
    _normalise(self)


@dataclasses.dataclass(frozen=True, eq=False)
class DetectionScores:
  """What `evaluate` measures, as fractions.

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

  def to_dict(self) -> dict:
    """Plain values for JSON; thresholds become keys such as "0.30", class ids become strings."""
    per_class = {
      str(label): {"average_AP": float(ap.mean()), "AP": self._by_tiou(ap)}
      for label, ap in zip(self.classes, self.ap.T, strict=True)
    }
    return {
      "average_mAP": self.average_map,
      "mAP": self._by_tiou(self.mean_ap),
      "recall": {f"{k}x": self._by_tiou(recall) for k, recall in zip(self.ks, self.recall.T, strict=True)},
      "per_class": per_class,
    }

  def _by_tiou(self, values) -> dict[str, float]:
    return {f"{tiou:.2f}": float(value) for tiou, value in zip(self.tious, values, strict=True)}


def evaluate(ground_truth: GroundTruth, predictions: Predictions, tious, ks=(1, 5)) -> DetectionScores:
  """Average precision and Recall@kx of `predictions` at each of `tious`.

  Raises:
    ValueError: if there is no ground truth, or a threshold is outside (0, 1].
  """
  tious = _check_tious(tious)
  overlaps = _find_overlaps(ground_truth, predictions)
  return DetectionScores(
    tious=tious,
    ks=tuple(ks),
    classes=overlaps.classes,
    ap=_average_precision(overlaps, tious),
    recall=_recall_at_kx(overlaps, tious, ks),
  )


def average_precision(ground_truth: GroundTruth, predictions: Predictions, tious) -> tuple[np.ndarray, np.ndarray]:
  """Interpolated average precision of each class at each threshold.

  In order of score, a prediction takes the ground truth of its recording and class that has the highest tIoU among
  those still free and at or above the threshold; one that finds none is a false positive. The area under the
  precision-recall curve is the exact one of VOC 2011: precision is first made non-increasing from the right.

  Returns:
    ap (T, C) and the C class ids that the ground truth has, ascending; a class without predictions has 0.

  Raises:
    ValueError: as `evaluate`.
  """
  tious = _check_tious(tious)
  overlaps = _find_overlaps(ground_truth, predictions)
  return _average_precision(overlaps, tious), overlaps.classes


def recall_at_kx(ground_truth: GroundTruth, predictions: Predictions, tious, ks=(1, 5)) -> np.ndarray:
  """Recall of the k * n best predictions of each class in each recording that holds n actions of it, mean over classes.

  An action is found if any of them reaches the threshold; one prediction may find several.

  Returns:
    (T, K).

  Raises:
    ValueError: as `evaluate`.
  """
  tious = _check_tious(tious)
  return _recall_at_kx(_find_overlaps(ground_truth, predictions), tious, ks)


def remove_duplicate_annotations(segments, labels, tolerance: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
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
  kept: list[int] = []
  for i in np.flatnonzero(segments[:, 1] - segments[:, 0] >= tolerance):
    same_place = np.all(np.abs(segments[kept] - segments[i]) <= tolerance, axis=1)
    if not np.any(same_place & (labels[kept] == labels[i])):
      kept.append(i)
  return segments[kept], labels[kept]


def format_scores(scores: DetectionScores, class_names=None) -> str:
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

  def line(name, values):
    return f"{name:<{width}}" + "".join(f"{value:>8}" for value in values)

  def percent(name, values):
    return line(name, [f"{100 * value:.2f}" for value in [*values, np.mean(values)]])

  header = line("tIoU", [*(f"{tiou:.2f}" for tiou in scores.tious), "mean"])
  rule = "-" * len(header)
  table = [header, rule, *(percent(*row) for row in rows)]
  if per_class:
    table += [rule, *(percent(*row) for row in per_class)]
  return "\n".join(table)


@dataclasses.dataclass(frozen=True, eq=False)
class _Overlaps:
  """Predictions by descending score (P rows that count), and the M pairs of one and a ground truth that overlap.

  A group is the actions of one class in one recording: only within it can a prediction and a ground truth pair up.
  Pairs come in the order of predictions, those of one prediction by descending tIoU.
  """

  classes: np.ndarray  # (C,) class ids
  truth_class: np.ndarray  # (G,) index into classes
  class_of: np.ndarray  # (P,) index into classes
  group: np.ndarray  # (P,)
  group_size: np.ndarray  # (P,) ground truths in the prediction's group
  prediction: np.ndarray  # (M,) index into P
  truth: np.ndarray  # (M,) index into G
  tiou: np.ndarray  # (M,) above 0


def _find_overlaps(ground_truth: GroundTruth, predictions: Predictions) -> _Overlaps:
  if not len(ground_truth.labels):
    raise ValueError("there is no ground truth to score predictions against")
  classes, truth_class = np.unique(ground_truth.labels, return_inverse=True)
  counts = np.flatnonzero(np.isin(predictions.labels, classes))
  rows = counts[np.argsort(-predictions.scores[counts], kind="stable")]
  class_of = np.searchsorted(classes, predictions.labels[rows])

  _, video = np.unique(np.concatenate([ground_truth.video, predictions.video[rows]]), return_inverse=True)
  num_truths = len(truth_class)
  truth_group = video[:num_truths] * len(classes) + truth_class
  group = video[num_truths:] * len(classes) + class_of

  # With the ground truth sorted by group, the partners of a prediction are one run of rows: [first, first + size).
  by_group = np.argsort(truth_group, kind="stable")
  first = np.searchsorted(truth_group[by_group], group, side="left")
  group_size = np.searchsorted(truth_group[by_group], group, side="right") - first
  prediction = np.repeat(np.arange(len(rows)), group_size)
  truth = by_group[np.repeat(first, group_size) + _position_in_run(prediction)]

  tiou = _tiou(predictions.segments[rows[prediction]], ground_truth.segments[truth])
  order = np.lexsort((-tiou, prediction))
  order = order[tiou[order] > 0]
  return _Overlaps(classes, truth_class, class_of, group, group_size, prediction[order], truth[order], tiou[order])


def _average_precision(overlaps: _Overlaps, tious: np.ndarray) -> np.ndarray:
  """(T, C) of `average_precision`."""
  hits = _match(overlaps, tious)
  num_classes = len(overlaps.classes)
  num_truths = np.bincount(overlaps.truth_class, minlength=num_classes)
  ap = np.zeros((len(tious), num_classes))
  for c in range(num_classes):
    hit = hits[:, overlaps.class_of == c]
    precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # Recall rises by 1 / num_truths at each hit and nowhere else, so the area is a sum over hits.
    ap[:, c] = np.sum(envelope * hit, axis=1) / num_truths[c]
  return ap


def _match(overlaps: _Overlaps, tious: np.ndarray) -> np.ndarray:
  """(T, P) whether a prediction takes a ground truth at a threshold.

  Taking turns is sequential within a group only. So turn r handles the r-th best prediction of every group at once:
  they compete for different ground truths.
  """
  hits = np.zeros((len(tious), len(overlaps.group)), bool)
  taken = np.zeros((len(tious), len(overlaps.truth_class)), bool)
  if not len(overlaps.prediction):
    return hits
  contenders, contender = np.unique(overlaps.prediction, return_inverse=True)
  turn = _rank_in_group(overlaps.group[contenders])[contender]
  by_turn = np.argsort(turn, kind="stable")
  for pairs in np.split(by_turn, np.flatnonzero(np.diff(turn[by_turn])) + 1):
    prediction, truth = overlaps.prediction[pairs], overlaps.truth[pairs]
    free = (overlaps.tiou[pairs] >= tious[:, None]) & ~taken[:, truth]
    # The pairs of a prediction are a run, best tIoU first: the first free one is the one it takes.
    runs = np.flatnonzero(np.diff(prediction, prepend=-1))
    choice = np.minimum.reduceat(np.where(free, np.arange(len(pairs)), len(pairs)), runs, axis=1)
    threshold, run = np.nonzero(choice < len(pairs))
    chosen = choice[threshold, run]
    taken[threshold, truth[chosen]] = True
    hits[threshold, prediction[chosen]] = True
  return hits


def _recall_at_kx(overlaps: _Overlaps, tious: np.ndarray, ks) -> np.ndarray:
  """(T, K) of `recall_at_kx`."""
  num_truths = np.bincount(overlaps.truth_class)
  rank = _rank_in_group(overlaps.group)
  recall = np.zeros((len(tious), len(ks)))
  for j, k in enumerate(ks):
    among_best = (rank < k * overlaps.group_size)[overlaps.prediction]
    for i, tiou in enumerate(tious):
      found = np.zeros(len(overlaps.truth_class))
      found[overlaps.truth[among_best & (overlaps.tiou >= tiou)]] = 1
      recall[i, j] = np.mean(np.bincount(overlaps.truth_class, weights=found) / num_truths)
  return recall


def _tiou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
  """(M,) intersection over union of the segments a and b (M, 2), pair by pair."""
  intersection = np.maximum(np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0]), 0.0)
  union = (a[:, 1] - a[:, 0]) + (b[:, 1] - b[:, 0]) - intersection
  return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)


def _position_in_run(ids: np.ndarray) -> np.ndarray:
  """(N,) 0, 1, 2, ... within each run of equal `ids` (N,)."""
  new_run = np.diff(ids, prepend=-1) != 0
  return np.arange(len(ids)) - np.flatnonzero(new_run)[np.cumsum(new_run) - 1]


def _rank_in_group(group: np.ndarray) -> np.ndarray:
  """(N,) how many earlier rows have the same `group` (N,)."""
  by_group = np.argsort(group, kind="stable")
  rank = np.empty(len(group), int)
  rank[by_group] = _position_in_run(group[by_group])
  return rank


def _check_tious(tious) -> np.ndarray:
  tious = np.atleast_1d(np.asarray(tious, np.float64))
  if not np.all((tious > 0) & (tious <= 1)):
    raise ValueError(f"tIoU thresholds lie in (0, 1], got {tious.tolist()}")
  return tious


def _normalise(rows: GroundTruth | Predictions) -> None:
  """Makes the fields of a dataclass in the making arrays of known types; raises ValueError if they do not fit."""
  num_rows = len(rows.labels)
  for field in dataclasses.fields(rows):
    value = np.asarray(getattr(rows, field.name))
    if field.name in ("segments", "scores"):
      value = value.astype(np.float64)
    if field.name == "segments" and not num_rows:
      value = value.reshape(0, 2)
    expected = (num_rows, 2) if field.name == "segments" else (num_rows,)
    if value.shape != expected:
      raise ValueError(f"{field.name} has shape {value.shape}, expected {expected} as labels has {num_rows} rows")
    if value.dtype.kind == "f" and field.name != "video" and np.isnan(value).any():
      raise ValueError(f"{field.name} holds NaN")
    object.__setattr__(rows, field.name, value)
