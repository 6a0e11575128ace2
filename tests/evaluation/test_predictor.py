"""Predictions for one example after the other."""

import jax.numpy as jnp
import numpy as np

from jaxvid.evaluation import detections
from jaxvid.evaluation.predictor import Predictor, in_batches
from jaxvid.ops.decode import Candidates


class Doubling:
  """In place of a network."""

  def __init__(self):
    self.traced = 0

  def apply(self, variables, features, train):
    assert train is False
    self.traced += 1  # Only when a program is made.
    return features * variables["factor"]


class Echo:
  """In place of a task: as many detections as the batch says are valid."""

  def inputs(self, batch):
    return (batch["features"],)

  def predict(self, outputs, batch):
    segments = jnp.stack([outputs, outputs + 1], axis=-1)
    return Candidates(segments, outputs / 10, outputs.astype(int), batch["valid"])


def example(name, *values, num_valid):
  features = np.array([values], np.float32)
  return {"id": name}, {"features": features, "valid": np.arange(len(values))[None] < num_valid}


def test_recordings_in_their_order_and_a_program_a_length():
  network = Doubling()
  predictor = Predictor(network, Echo())
  examples = [example("a", 1, 2, num_valid=2), example("b", 3, 4, 5, num_valid=1), example("c", 6, 7, num_valid=0)]
  for _ in range(2):
    predictions = list(predictor.each({"factor": jnp.float32(2)}, iter(examples)))
    assert [record["id"] for record, _ in predictions] == ["a", "b", "c"]
    first, second, third = (detections.valid(candidates) for _, candidates in predictions)
    assert first.segments.tolist() == [[2, 3], [4, 5]] and first.labels.tolist() == [2, 4]
    assert [column.tolist() for column in second] == [[[6, 7]], [np.float32(0.6)], [6]]
    assert [column.shape for column in third] == [(0, 2), (0,), (0,)]
    assert first.top(1).scores.shape == (1,) and first.top(None).scores.shape == (2,)
  assert network.traced == 2
  assert list(predictor.run({"factor": jnp.float32(2)}, [])) == []


def test_one_ahead_and_no_further():
  """The next recording is under way when the detections of one are fetched; not all are read at once."""
  read = []

  def examples():
    for name in "abcd":
      read.append(name)
      yield example(name, 1, 2, num_valid=1)

  run = Predictor(Doubling(), Echo()).run({"factor": jnp.float32(1)}, examples())
  next(run)
  assert read == ["a", "b"]


def test_examples_in_batches():
  examples = [(i, {"x": np.full((1, 2), i), "label": np.array([i])}) for i in range(5)]
  (first, a), (second, b) = in_batches(examples, 3)
  assert first == [0, 1, 2] and second == [3, 4], "records are not repeated"
  assert a["label"].tolist() == [0, 1, 2] and b["label"].tolist() == [3, 4, 4] and b["x"].shape == (3, 2)
  assert list(in_batches([], 3)) == []
