"""Rank of the true class among the scores of all classes."""

import numpy as np


def rank(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Rank (N,) of the true class: 0 where it has the best score, less than k where it is among the k best.

  Of equal scores the class with the lower index comes first.

  Args:
    scores: (N, K), finite.
    labels: (N,) class indices.
  """
  own = scores[np.arange(len(labels)), labels][:, None]
  lower = np.arange(scores.shape[1]) < labels[:, None]
  return (scores > own).sum(1) + ((scores == own) & lower).sum(1)


def check(scores: np.ndarray, labels: np.ndarray, num_classes: int, what: str) -> None:
  """Checks scores and labels before they are ranked.

  Args:
    scores: expected (N, num_classes).
    labels: expected (N,) class indices.
    num_classes: how many classes there are.
    what: what one row is, for messages, such as "clip".

  Raises:
    ValueError: shapes differ, there are no rows, a label is beyond the classes, or a score is not finite.
  """
  if labels.ndim != 1:
    raise ValueError(f"labels have shape {labels.shape}; expected one class index for each {what}")
  if scores.shape != (len(labels), num_classes):
    raise ValueError(f"{scores.shape} scores for {len(labels)} {what}s and {num_classes} classes")
  if not len(labels):
    raise ValueError(f"there are no {what}s to score")
  if labels.dtype.kind not in "iu":
    raise ValueError(f"labels are of type {labels.dtype}; expected class indices, whole numbers")
  if labels.min() < 0 or labels.max() >= num_classes:
    raise ValueError(f"labels {labels.min()} to {labels.max()}, but there are {num_classes} classes")
  if not np.all(np.isfinite(scores)):
    raise ValueError(f"scores of {what} {int(np.argmin(np.isfinite(scores).all(1)))} are not finite")
