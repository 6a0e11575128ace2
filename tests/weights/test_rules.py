"""Tensors under other names and in other layouts, both ways, strictly."""

import numpy as np
import pytest

from jaxvid.weights.rules import Layout, Rule, WeightsError, export_tensors, import_tensors

TRANSPOSED = Layout(lambda array: array.T, lambda array: array.T)
RULES = [
  Rule(r"block_(\d+)/kernel", r"layers.\1.weight", TRANSPOSED),
  Rule(r"block_(\d+)/bias", r"layers.\1.bias"),
  Rule(r"scales", r"scale.{entry}.value"),
]


@pytest.fixture
def params(rng):
  arrays = {f"block_{i}": {"kernel": rng.normal(size=(2, 3)), "bias": rng.normal(size=3)} for i in range(12)}
  return {**arrays, "scales": np.arange(11.0)}


def test_names_and_layouts(params):
  tensors = export_tensors(RULES, params)
  assert tensors.keys() == {
    *(f"layers.{i}.{part}" for i in range(12) for part in ("weight", "bias")),
    *(f"scale.{i}.value" for i in range(11)),
  }
  np.testing.assert_array_equal(tensors["layers.10.weight"], params["block_10"]["kernel"].T)
  assert tensors["scale.10.value"].shape == () and tensors["scale.10.value"] == 10


def test_there_and_back_is_the_same(params):
  back = import_tensors(export_tensors(RULES, params), RULES, params)
  assert back.keys() == params.keys()
  np.testing.assert_array_equal(back["scales"], params["scales"])
  for name in params.keys() - {"scales"}:
    for part in ("kernel", "bias"):
      np.testing.assert_array_equal(back[name][part], params[name][part])


def test_an_export_shares_no_memory(params):
  tensors = export_tensors(RULES, params)
  tensors["layers.0.weight"][:] = 0
  assert np.all(params["block_0"]["kernel"] != 0)


def test_everything_that_does_not_fit_is_named(params):
  tensors = export_tensors(RULES, params)
  del tensors["layers.3.bias"], tensors["scale.2.value"]
  tensors["extra"] = np.zeros(3)
  tensors["layers.4.weight"] = np.zeros((2, 3))
  with pytest.raises(WeightsError) as caught:
    import_tensors(tensors, RULES, params)
  assert str(caught.value).splitlines()[1:] == [
    "  extra: the model has no parameter that takes this tensor",
    "  layers.3.bias: missing, so nothing fills block_3/bias",
    "  layers.4.weight: shape (2, 3), but block_4/kernel of the model takes (3, 2)",
    "  scale.2.value: missing, so nothing fills scales[2]",
  ]


def test_a_model_with_parts_of_its_own_is_refused(params):
  with pytest.raises(WeightsError, match="own/weight: the public code has no such parameter"):
    export_tensors(RULES, dict(params, own={"weight": np.zeros(2)}))


def test_two_parameters_cannot_be_one_tensor(params):
  rules = [Rule(r"block_\d+/kernel", "weight"), *RULES[1:]]
  with pytest.raises(WeightsError, match="block_1/kernel: weight is the public name of block_0/kernel, too"):
    export_tensors(rules, params)
