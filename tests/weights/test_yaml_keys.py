"""YAML files over their code's defaults, read so that no key goes unread."""

import pytest

from jaxvid.weights.yaml_keys import ACTIONFORMER, TRIDET, Keys, YamlError


@pytest.mark.parametrize(
  "values, system",
  [
    ({"model_name": "LocPointTransformer"}, ACTIONFORMER),
    ({"model_name": "TriDet", "model": {}}, TRIDET),
    ({"model": {"n_mha_win_size": 9}}, ACTIONFORMER),
    ({"model": {"backbone_type": "SGP"}}, TRIDET),
    ({"model": {"backbone_type": "conv", "num_bins": 16}}, TRIDET),
    ({"opt": {"eta_min": 0.0}}, TRIDET),
  ],
)
def test_whose_configuration_it_is(values, system):
  assert Keys(values).system == system


@pytest.mark.parametrize(
  "values, message",
  [
    ({"model_name": "BMN"}, "model_name: 'BMN' is none of LocPointTransformer, TriDet"),
    ({"model": {"backbone_type": "conv"}}, "add model_name: LocPointTransformer or TriDet"),
    ({"model": {"n_head": 4, "num_bins": 16}}, r"model.n_head \(actionformer\); model.num_bins \(tridet\)"),
    ({"model": None}, "model: a mapping expected, found None"),
    ({"model_name": "TriDet", "model": {"num_classes": 3}}, "3, but dataset.num_classes, .* is 97"),
  ],
)
def test_what_cannot_be_read(values, message):
  with pytest.raises(YamlError, match=message):
    Keys(values)


def test_files(tmp_path):
  path = tmp_path / "thumos.yaml"
  path.write_text("model: {n_head: 8}\nopt: {learning_rate: 1e-3}\n")
  keys = Keys(path)
  assert keys.integer("model.n_head") == 8  # From the file,
  assert keys.integer("model.embd_dim") == 512  # and a default.
  assert keys.number("opt.learning_rate") == 1e-3  # A word, to YAML.
  with pytest.raises(YamlError, match=f"{path}: model.n_heads: missing"):
    keys.get("model.n_heads")


@pytest.mark.parametrize(
  "content, message", [("[1, 2]", "a mapping with the sections"), ("a: [", "not readable as YAML")]
)
def test_files_of_something_else(tmp_path, content, message):
  (tmp_path / "a.yaml").write_text(content)
  with pytest.raises(YamlError, match=message):
    Keys(tmp_path / "a.yaml")
  with pytest.raises(YamlError, match="no such file"):
    Keys(tmp_path / "b.yaml")


def test_remembers_what_was_read():
  keys = Keys({"model": {"n_head": 8}, "opt": {"nesterov": True}})
  keys.get("model.n_head")
  keys.skip("opt.type", "never.there")
  unread = keys.unread()
  assert "opt.nesterov" in unread and "opt.momentum" in unread
  assert not {"model.n_head", "opt.type"} & set(unread)


@pytest.mark.parametrize(
  "read, value, message",
  [
    ("number", "fast", "'fast' is not a number"),
    ("number", True, "True is not a number"),
    ("integer", 1.5, "1.5 is not a whole number"),
    ("flag", "yes", "'yes' is neither true nor false"),
    ("integers", [1, 2.5], ".* is neither a whole number nor a list"),
  ],
)
def test_types(read, value, message):
  with pytest.raises(YamlError, match=f"model.n_head: {message}"):
    getattr(Keys({"model": {"n_head": value}}), read)("model.n_head")


def test_choices():
  keys = Keys({"model": {"n_head": 4}, "train_cfg": {"center_sample": "centre"}})
  with pytest.raises(YamlError, match="train_cfg.center_sample: 'centre' is none of radius, none"):
    keys.choice("train_cfg.center_sample", {"radius": 1, "none": 2})
