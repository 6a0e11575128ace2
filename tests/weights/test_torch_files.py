"""State dicts in files of every kind, with the names and the copies that public checkpoints have."""

import sys

import numpy as np
import pytest

from jaxvid.weights import torch_files
from jaxvid.weights.rules import WeightsError


@pytest.fixture
def tensors(rng):
  draw = lambda: {  # noqa: E731
    "conv.weight": rng.normal(size=(4, 3, 2)).astype(np.float32),
    "scale": np.float32(rng.normal()).reshape(()),
  }
  return {"ema": draw(), "raw": draw()}


def assert_same(ours, theirs):
  assert ours.keys() == theirs.keys()
  for name in ours:
    assert ours[name].dtype == theirs[name].dtype and ours[name].shape == theirs[name].shape
    np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.mark.parametrize("prefix", [None, True])
@pytest.mark.parametrize("ending", [".npz", ".safetensors", ".pth"])
def test_files_of_one_state_dict(tmp_path, tensors, ending, prefix):
  if ending != ".npz":
    pytest.importorskip("safetensors" if ending == ".safetensors" else "torch")
  path = tmp_path / "folder" / f"weights{ending}"
  torch_files.write(path, tensors, prefix)
  for weights in ("ema", "raw"):  # There is but the one.
    for part in torch_files.read(path, weights):
      assert_same(part, tensors["ema"])
  assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_prefix_is_written(tmp_path, tensors):
  torch_files.write(tmp_path / "weights.npz", tensors, True)
  with np.load(tmp_path / "weights.npz") as file:
    assert sorted(file.files) == ["module.conv.weight", "module.scale"]


def test_checkpoints_hold_both(tmp_path, tensors):
  torch = pytest.importorskip("torch")
  path = tmp_path / "epoch_035.pth.tar"
  torch_files.write(path, tensors, None)
  content = torch.load(path, weights_only=True)
  assert content.keys() == {"epoch", "state_dict", "state_dict_ema"}
  assert set(content["state_dict_ema"]) == {"module.conv.weight", "module.scale"}
  for part, which in zip(torch_files.read(path), ("ema", "raw")):
    assert_same(part, tensors[which])
  for part in torch_files.read(path, "raw"):
    assert_same(part, tensors["raw"])


def test_a_checkpoint_in_memory(tensors):
  checkpoint = {"epoch": 3, "state_dict_ema": {f"module.{name}": array for name, array in tensors["ema"].items()}}
  assert_same(torch_files.state_dict(checkpoint), tensors["ema"])
  with pytest.raises(WeightsError, match="without 'state_dict', the raw weights; .* --weights=ema"):
    torch_files.state_dict(checkpoint, "raw")


def test_tensors_become_arrays():
  torch = pytest.importorskip("torch")
  values = {"a": torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)), "b": torch.tensor(3)}
  arrays = torch_files.state_dict(values)
  assert arrays["a"].dtype == np.float32 and arrays["b"] == 3


@pytest.mark.parametrize(
  "values, message",
  [
    ({"epoch": 3, "model": {}}, "'epoch' holds int, not a tensor"),
    ({}, "no tensors"),
  ],
)
def test_what_is_no_state_dict(values, message):
  with pytest.raises(WeightsError, match=message):
    torch_files.state_dict(values)


@pytest.mark.parametrize(
  "name, message",
  [
    ("weights.bin", "unknown ending; give one of .pth.tar"),
    ("absent.npz", "no such file"),
    ("cut.npz", "not readable as .npz"),
    ("cut.safetensors", "not readable as .safetensors"),
    ("cut.pth", "not readable as torch"),
  ],
)
def test_bad_files_are_named(tmp_path, name, message):
  for module, ending in (("torch", ".pth"), ("safetensors", ".safetensors")):
    if name.endswith(ending):
      pytest.importorskip(module)
  if name.startswith("cut"):
    (tmp_path / name).write_bytes(b"no such thing")
  with pytest.raises(WeightsError, match=message) as caught:
    torch_files.read(tmp_path / name)
  assert str(tmp_path / name) in str(caught.value)


def test_code_in_a_file_is_not_run(tmp_path):
  torch = pytest.importorskip("torch")
  path = tmp_path / "checkpoint.pth"
  torch.save({"state_dict": {"a": torch.ones(2)}, "scheduler": _Scheduler()}, path)
  with pytest.raises(WeightsError, match="more than tensors, .*_Scheduler"):
    torch_files.read(path)


class _Scheduler:
  """Anything that is no tensor."""


@pytest.mark.parametrize("name, package", [("a.pth", "torch"), ("a.safetensors", "safetensors")])
def test_a_missing_package_is_named(tmp_path, monkeypatch, name, package):
  for module in [package, *(module for module in sys.modules if module.startswith(f"{package}."))]:
    monkeypatch.setitem(sys.modules, module, None)
  (tmp_path / name).touch()
  with pytest.raises(WeightsError, match=f"pip install {package}"):
    torch_files.read(tmp_path / name)
