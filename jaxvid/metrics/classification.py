"""Scores of clip classification: top-k accuracy, mean class accuracy, the confusion matrix."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxvid.metrics import ranking


@dataclasses.dataclass(frozen=True)
class Result:
  """Scores of a split, as fractions.

  Attributes:
    top: k -> share of clips whose class is among the k most probable.
    mean_class_accuracy: mean of `per_class` over the classes that occur.
    per_class: (K,) share of a class's clips whose most probable class is theirs; NaN for classes that do not occur.
    counts: (K,) clips of each class.
    confusion: (K, K) int: how many clips of the row's class were taken for the column's class.
    class_names: K names.
  """

  top: dict[int, float]
  mean_class_accuracy: float
  per_class: np.ndarray
  counts: np.ndarray
  confusion: np.ndarray
  class_names: Sequence[str]

  def to_dict(self) -> dict[str, Any]:
    """Plain values, as in scores.json."""
    return {
      **{f"top{k}": value for k, value in self.top.items()},
      "mean_class_accuracy": self.mean_class_accuracy,
      "num_clips": int(self.counts.sum()),
      "per_class": {
        name: {"accuracy": float(share), "clips": int(count)}
        for name, share, count in zip(self.class_names, self.per_class, self.counts, strict=True)
        if count
      },
    }

  def format(self, num_confusions: int = 5) -> str:
    """Lines for the terminal: scores in percent, classes without a clip, and the most frequent confusions."""
    lines = [f"{'clips':24}{int(self.counts.sum()):>8,}"]
    lines += [f"{f'top-{k}':24}{100 * value:8.2f}" for k, value in self.top.items()]
    lines.append(f"{'mean class accuracy':24}{100 * self.mean_class_accuracy:8.2f}")
    if absent := [name for name, count in zip(self.class_names, self.counts, strict=True) if not count]:
      names = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more classes" if len(absent) > 5 else "")
      lines.append(f"No clip of: {names} (left out of the mean).")
    off = self.confusion * (1 - np.eye(len(self.counts), dtype=int))
    order = np.argsort(-off, axis=None, kind="stable")[:num_confusions]
    rows = [(*np.unravel_index(i, off.shape), off.flat[i]) for i in order if off.flat[i]]
    if rows:
      lines.append("confused most:")
      lines += [f"  {self.class_names[a]} taken for {self.class_names[b]}: {n} of {self.counts[a]}" for a, b, n in rows]
    return "\n".join(lines)


def score(
  probabilities: np.ndarray, labels: np.ndarray, class_names: Sequence[str], ks: Sequence[int] = (1, 5)
) -> Result:
  """Scores the predicted classes of clips.

  Of equally probable classes the one with the lower index comes first. A k beyond the number of classes is left out.

  Args:
    probabilities: (N, K), or any other scores.
    labels: (N,) class indices.
    class_names: K names.
    ks: the k of top-k accuracy.

  Raises:
    ValueError: there are no clips, a label is beyond the classes, or a score is not finite.
  """
  probabilities, labels = np.asarray(probabilities), np.asarray(labels)
  num_classes = len(class_names)
  ranking.check(probabilities, labels, num_classes, "clip")
  rank = ranking.rank(probabilities, labels)
  confusion = np.zeros((num_classes, num_classes), int)
  np.add.at(confusion, (labels, probabilities.argmax(1)), 1)
  counts = confusion.sum(1)
  per_class = np.where(counts > 0, np.diag(confusion) / np.maximum(counts, 1), np.nan)
  top = {k: float((rank < k).mean()) for k in ks if k <= num_classes}
  return Result(top, float(np.nanmean(per_class)), per_class, counts, confusion, list(class_names))


def best_classes(probabilities: np.ndarray, class_names: Sequence[str], count: int) -> list[dict[str, Any]]:
  """The `count` most probable classes, best first: [{"label": NAME, "score": x}, ...].

  Args:
    probabilities: (K,).
    class_names: K names; if empty, labels are indices.
    count: how many.
  """
  order = np.argsort(-np.asarray(probabilities), kind="stable")[:count]
  return [{"label": class_names[k] if class_names else int(k), "score": float(probabilities[k])} for k in order]
