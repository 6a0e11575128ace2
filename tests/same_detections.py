"""Comparing detections with those of a golden case."""

import numpy as np

TIE = 1e-6  # Detections whose scores differ by less may change places: that is rounding.


def assert_same_detections(segments, scores, labels, their_segments, their_scores, their_labels):
  """To 1e-3 s and 1e-4 in score, in the same order but for ties."""
  assert len(scores) == len(their_scores)
  np.testing.assert_allclose(scores, their_scores, rtol=0, atol=1e-4)
  left = set(range(len(scores)))
  for i, (segment, score, label) in enumerate(zip(their_segments, their_scores, their_labels)):
    same = [
      j
      for j in left
      if (j == i or abs(their_scores[j] - score) <= TIE)
      and labels[j] == label
      and np.allclose(segments[j], segment, rtol=0, atol=1e-3)
    ]
    assert same, f"detection {i} is not found: {segment}, class {label}, score {score}"
    left.remove(same[0])
