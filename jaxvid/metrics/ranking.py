"""Which place the true class takes among the scores of all classes."""

import numpy as np


def rank(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """(N,) how many classes come before the true one: 0 where it is the best, less than k where it is among the k best.

  Of equal scores the class with the lower index comes first.

  Args:
    scores: (N, K), finite.
    labels: (N,) class indices.
  """
  own = scores[np.arange(len(labels)), labels][:, None]
  lower = np.arange(scores.shape[1]) < labels[:, None]
  return (scores > own).sum(1) + ((scores == own) & lower).sum(1)


def check(scores: np.ndarray, labels: np.ndarray, num_classes: int, what: str) -> None:
  """Refuses what cannot be ranked.

  Args:
    scores: to be (N, num_classes).
    labels: to be (N,) class indices.
    num_classes: how many there are.
    what: a row is, for messages: "clip".

  Raises:
    ValueError: other shapes, nothing to score, a label beyond the classes, or a score that is not finite.
  """
  if labels.ndim != 1:
    raise ValueError(f"labels of shape {labels.shape}: there must be one class index a {what}")
  if scores.shape != (len(labels), num_classes):
    raise ValueError(f"{scores.shape} scores for {len(labels)} {what}s and {num_classes} classes")
  if not len(labels):
    raise ValueError(f"there are no {what}s to score")
  if labels.dtype.kind not in "iu":
    raise ValueError(f"labels of type {labels.dtype}: class indices are whole numbers")
  if labels.min() < 0 or labels.max() >= num_classes:
    raise ValueError(f"labels {labels.min()} to {labels.max()}, but there are {num_classes} classes")
  if not np.all(np.isfinite(scores)):
    raise ValueError(f"scores of {what} {int(np.argmin(np.isfinite(scores).all(1)))} are not finite")
