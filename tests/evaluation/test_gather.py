"""Results of several processes; that they are sent between real ones, the slow tests of two processes show."""

import numpy as np

from jaxvid.evaluation import gather


def test_arrays_and_plain_values_travel(monkeypatch, rng):
  results = [
    {"id": "a", "label": 3, "none": None, "scores": rng.random(5, np.float32), "more": rng.random((2, 3))},
    {"id": "b", "label": 0, "none": None, "scores": np.zeros(0, np.float32), "more": rng.random((2, 3)).T},
  ]
  assert gather.gather(results) is results
  # Two processes that have found the same.
  monkeypatch.setattr(gather.jax, "process_count", lambda: 2)
  monkeypatch.setattr(gather.multihost_utils, "process_allgather", lambda array: np.stack([array, array]))
  found = gather.gather(results)
  assert [x["id"] for x in found] == ["a", "a", "b", "b"]
  for x, original in zip(found, [results[0], results[0], results[1], results[1]]):
    assert (x["label"], x["none"]) == (original["label"], None)
    for name in ("scores", "more"):
      assert x[name].dtype == original[name].dtype
      np.testing.assert_array_equal(x[name], original[name])
