"""Clip classification's scores against counts by hand and a second computation."""

import numpy as np
import pytest

from jaxvid.metrics import classification

NAMES = ["run", "walk", "jump"]


def test_by_hand():
  probabilities = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.5, 0.4, 0.1], [0.1, 0.2, 0.7]]
  result = classification.score(np.array(probabilities), [0, 0, 1, 1], NAMES, ks=(1, 2, 5))
  assert result.top == {1: 0.25, 2: 0.75}, "top-5 of three classes says nothing, so it is left out"
  assert result.mean_class_accuracy == 0.25, "the class that does not occur is not in the mean"
  np.testing.assert_array_equal(result.confusion, [[1, 1, 0], [1, 0, 1], [0, 0, 0]])
  scores = result.to_dict()
  assert scores["per_class"] == {"run": {"accuracy": 0.5, "clips": 2}, "walk": {"accuracy": 0.0, "clips": 2}}
  text = result.format()
  assert "No clip of: jump (left out of the mean)." in text and "run taken for walk: 1 of 2" in text


def test_against_sorting(rng):
  probabilities, labels = rng.random((200, 12)), rng.integers(0, 12, 200)
  order = np.argsort(-probabilities, axis=1)
  result = classification.score(probabilities, labels, [str(k) for k in range(12)], ks=(1, 3))
  for k in (1, 3):
    assert result.top[k] == pytest.approx(np.mean([labels[i] in order[i, :k] for i in range(200)]))
  shares = [np.mean(order[labels == k, 0] == k) for k in range(12)]
  assert result.mean_class_accuracy == pytest.approx(np.mean(shares))


def test_ties_go_to_the_lower_index():
  result = classification.score(np.full((2, 3), 1 / 3), [0, 2], NAMES, ks=(1, 2, 3))
  assert result.top == {1: 0.5, 2: 0.5, 3: 1.0}
  assert result.confusion[2, 0] == 1


@pytest.mark.parametrize(
  "probabilities, labels, message",
  [
    (np.zeros((2, 2)), [0, 1], "2 clips and 3 classes"),
    (np.zeros((0, 3)), [], "no clips"),
    (np.zeros((1, 3)), [3], "labels 3 to 3"),
    (np.array([[0.1, 0.2, 0.3], [0.1, np.nan, 0.3]]), [0, 1], "clip 1 are not finite"),
  ],
)
def test_what_cannot_be_scored(probabilities, labels, message):
  with pytest.raises(ValueError, match=message):
    classification.score(probabilities, np.array(labels, int), NAMES)
