"""The names, shapes and totals of all public configurations, and every tensor there and back."""

import json
import re
from ast import literal_eval

import jax
import numpy as np
import pytest

import golden
from jaxvid import convert
from jaxvid.train.public_weights import PublicNetwork
from jaxvid.weights import localization
from jaxvid.weights.reference_yaml import translate
from jaxvid.weights.rules import WeightsError, slots
from weights.public_configs import CONFIGS

# The others, which take a second each, are slow tests.
FAST = ("actionformer_thumos", "actionformer_anet_tsp", "tridet_thumos", "tridet_hacs_i3d")
NAMES = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in CONFIGS]


def facts(name):
  """(name -> shape, number of parameters, padding divisor) of a public configuration."""
  text = golden.shared(f"facts/state_dict_{name}.txt").read_text()
  rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
  number = lambda key: int(re.search(rf"{key}=(\d+)", text)[1])  # noqa: E731
  return {tensor: literal_eval(shape) for tensor, shape, _ in rows}, number("parameters"), number("max_div_factor")


def parameter_shapes(model, num_classes, dim):
  return PublicNetwork("localization", model).shapes(num_classes, dim)["params"]


@pytest.mark.parametrize("name", NAMES)
def test_public_configurations(name):
  shapes, total, divisor = facts(name)
  translation = translate(CONFIGS[name])
  model, task = translation.config["model"], translation.config["task"]
  params = parameter_shapes(model, task["num_classes"], translation.features["dim"])
  assert sum(x.size for x in jax.tree.leaves(params)) == total
  places = slots(localization.rules(model["backbone"]["type"]), params)
  assert {tensor: place.shape for tensor, place in places.items()} == shapes
  assert translation.config["data"]["pad_multiple"] == divisor


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_public_configurations_there_and_back(name):
  shapes, total, _ = facts(name)
  tensors = {tensor: golden.fill(tensor, shape, 0) for tensor, shape in shapes.items()}
  variables = convert.import_torch(CONFIGS[name], tensors)
  assert sum(x.size for x in jax.tree.leaves(variables)) == total
  assert_same_bits(convert.export_torch(CONFIGS[name], variables), tensors)


@pytest.mark.parametrize(
  "name", ["actionformer_fpn", "actionformer_conv", "tridet_trident", "actionformer_identity", "tridet_plainhead"]
)
def test_there_and_back(name):
  description, _, tensors = golden.load(name)
  spec = convert.model_spec(description["config"])
  prefixed = {f"module.{tensor}": array for tensor, array in tensors.items()}
  variables = convert.import_torch(spec, prefixed)
  assert_same_bits(convert.export_torch(spec, variables), tensors)


@pytest.mark.parametrize(
  "system, changed",
  [
    ("actionformer", dict(input_dim=[6, 3, 3], embd_dim=[16, 8, 8], embd_with_ln=False, head_with_ln=False)),
    ("actionformer", dict(fpn_type="fpn", fpn_with_ln=False, fpn_start_level=1, use_rel_pe=True)),
    ("actionformer", dict(n_mha_win_size=[5, 5, 3, -1], use_rel_pe=True, droppath=0.0)),
    ("tridet", dict(downsample_type="avg", n_sgp_win_size=[1, 3, 5, 1], head_with_ln=False)),
    ("tridet", dict(backbone_type="conv", fpn_type="fpn", use_trident_head=False)),
  ],
)
def test_settings_that_no_public_file_has(system, changed):
  """Parameters for each of them, all with names, all there and back."""
  yaml = small(system, **changed)
  translation = translate(yaml)
  model, dim = translation.config["model"], translation.features["dim"]
  params = parameter_shapes(model, 5, dim)
  places = slots(localization.rules(model["backbone"]["type"]), params)
  tensors = {name: golden.fill(name, place.shape, 0) for name, place in places.items()}
  assert_same_bits(convert.export_torch(yaml, convert.import_torch(yaml, tensors)), tensors)
  expected = {
    "input_dim": ("backbone.proj.2.conv.bias", (8,)),
    "fpn_start_level": ("neck.fpn_convs.1.conv.bias", (32,)),
    "droppath": ("backbone.branch.0.attn.rel_pe", (1, 1, 4, 5)),
    "downsample_type": ("backbone.branch.1.downsample.1.weight", (32, 32, 1)),
    "backbone_type": ("backbone.branch.2.downsample.conv.weight", (32, 32, 1)),
  }
  name, shape = next(value for key, value in expected.items() if key in changed)
  assert places[name].shape == shape
  if "droppath" in changed:
    assert "backbone.branch.2.attn.rel_pe" not in places  # Its attention is global.
    assert not any("drop_path" in name for name in places)


def small(system, **changed):
  """A small configuration with some keys of its model, training or dataset changed."""
  own = {"actionformer": dict(n_head=4, n_mha_win_size=5), "tridet": dict(sgp_mlp_dim=24, n_sgp_win_size=1, k=2)}
  levels = 4 - changed.get("fpn_start_level", 0)
  yaml = dict(
    dataset=dict(input_dim=12, num_classes=5, max_seq_len=96),
    model=dict(own[system], backbone_arch=[2, 1, 3], embd_dim=32, fpn_dim=32, head_dim=16),
    train_cfg={},
  )
  yaml["model"]["regression_range"] = [[0, 4]] * levels
  for key, value in changed.items():
    section = {"input_dim": "dataset", "droppath": "train_cfg"}.get(key, "model")
    yaml[section][key] = value
  return yaml


def test_another_system_s_tensors_are_all_named():
  description, _, tensors = golden.load("tridet_plainhead")
  other = json.loads(golden.shared("golden/actionformer_identity.json").read_text())["config"]
  with pytest.raises(WeightsError) as caught:
    convert.import_torch(other, tensors)
  message = str(caught.value)
  assert "backbone.stem.0.psi.weight: the model has no parameter that takes this tensor" in message
  assert "backbone.stem.0.attn.query.bias: missing, so nothing fills backbone/stem_0/attention/query/bias" in message
  assert "backbone.stem.0.mlp.0.weight: shape (40, 32, 1), but backbone/stem_0/mlp_in/kernel of the model" in message
  with pytest.raises(WeightsError, match="backbone.embd.0.conv.weight: missing; is this a state dict of"):
    convert.import_torch(other, {"fc.weight": np.zeros((3, 3))})


@pytest.mark.parametrize(
  "part, settings, named",
  [
    ("head", dict(type="decoupled", width=16), "head/"),
    ("backbone", dict(type="granularity_mixture", width=32, depths=(1, 1, 1)), 'no backbone "granularity_mixture"'),
  ],
)
def test_what_only_we_have_does_not_go_back(part, settings, named):
  model = dict(
    backbone=dict(type="conv", width=32, depths=(1, 1, 1)),
    neck=dict(type="identity"),
    head=dict(type="point", width=16),
  )
  model[part] = settings
  params = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), parameter_shapes(model, 3, 8))
  with pytest.raises(WeightsError, match=named):
    convert.export_torch(model, {"params": params})


def assert_same_bits(ours, theirs):
  assert ours.keys() == theirs.keys()
  for name in theirs:
    assert ours[name].dtype == theirs[name].dtype and ours[name].shape == theirs[name].shape, name
    assert ours[name].tobytes() == np.ascontiguousarray(theirs[name]).tobytes(), name
