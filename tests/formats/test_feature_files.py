"""Features come back as they were saved, whatever the format; what cannot be used is named, with a remedy."""

import sys
import types

import numpy as np
import pytest

from jaxvid.formats import feature_files
from jaxvid.formats.errors import FormatError


def save(path, array, key=None):
  """Writes the array in the format of the ending, under a key where one is given."""
  if path.suffix == ".npy":
    np.save(path, array)
  elif path.suffix == ".npz":
    np.savez(path, **({key: array} if key else {"arr_0": array}))
  elif path.suffix in (".h5", ".hdf5"):
    with pytest.importorskip("h5py").File(path, "w") as file:
      file[key or "data"] = array
  else:
    torch = pytest.importorskip("torch")
    torch.save({key: torch.from_numpy(array), "fps": 25.0} if key else torch.from_numpy(array), path)
  return path


def failure(path, **expected):
  with pytest.raises(FormatError) as caught:
    feature_files.load(path, **expected)
  error = caught.value
  assert error.file == str(path) and error.field and error.remedy
  assert str(error) == f"{path}: {error.field}: {error.problem}. {error.remedy}"
  return str(error)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5", "a.hdf5", "a.pt", "a.pth", "A.NPY"])
def test_every_format_gives_back_what_was_saved(tmp_path, rng, name, dtype):
  array = rng.normal(size=(9, 4)).astype(dtype)
  if name == "A.NPY":
    with open(tmp_path / name, "wb") as stream:
      np.save(stream, array)
  else:
    save(tmp_path / name, array)
  loaded = feature_files.load(tmp_path / name, dim=4)
  assert loaded.dtype == dtype
  np.testing.assert_array_equal(loaded, array)


@pytest.mark.parametrize("key", ["features", "feats"])
@pytest.mark.parametrize("ending", [".npz", ".h5", ".pt"])
def test_a_named_array_is_found_among_others(tmp_path, rng, ending, key):
  array = rng.normal(size=(5, 3)).astype(np.float32)
  path = save(tmp_path / f"a{ending}", array, key)
  if ending == ".npz":
    np.savez(path, **{key: array, "times": np.arange(5.0)})
  elif ending == ".h5":
    with pytest.importorskip("h5py").File(path, "a") as file:
      file["group/times"] = np.arange(5.0)
  np.testing.assert_array_equal(feature_files.load(path), array)


def test_several_arrays_without_a_known_name(tmp_path):
  np.savez(tmp_path / "a.npz", rgb=np.ones((3, 2)), flow=np.ones((3, 2)))
  assert "cannot tell which are the features (flow, rgb)" in failure(tmp_path / "a.npz")
  np.savez(tmp_path / "a.npz", feats=np.ones((3, 2)), features=np.ones((3, 2)))
  assert "cannot tell" in failure(tmp_path / "a.npz")


def test_bfloat16_becomes_float32(tmp_path):
  torch = pytest.importorskip("torch")
  torch.save(torch.full((3, 2), 1.5, dtype=torch.bfloat16, requires_grad=True), tmp_path / "a.pt")
  loaded = feature_files.load(tmp_path / "a.pt")
  assert loaded.dtype == np.float32 and (loaded == 1.5).all()


@pytest.mark.parametrize(
  "array, message",
  [
    (np.ones((4, 3), np.int32), "int32 values, not floating point"),
    (np.ones(4), r"shape (4,), not (steps, dim)"),
    (np.ones((1, 4, 6)), "shape (1, 4, 6), not (steps, dim)"),
    (np.ones((0, 6)), "shape (0, 6)"),
    (np.ones((6, 4)), "shape (6, 4) looks transposed: dim 6 must come last"),
    (np.ones((4, 5)), "shape (4, 5), while dim 6 is expected"),
    (np.where(np.arange(24).reshape(4, 6) == 13, np.nan, 1.0), "NaN or infinity in step 2"),
    (np.where(np.arange(24).reshape(4, 6) == 23, np.inf, 1.0), "NaN or infinity in step 3"),
  ],
)
def test_what_the_array_must_be(tmp_path, array, message):
  assert message in failure(save(tmp_path / "a.npy", array), dim=6)


def test_a_file_of_six_steps_of_dim_six_is_not_transposed(tmp_path):
  assert feature_files.load(save(tmp_path / "a.npy", np.ones((6, 6))), dim=6).shape == (6, 6)


def test_missing_and_unknown(tmp_path):
  assert "no such file" in failure(tmp_path / "a.npy")
  assert "'.csv' is not supported" in failure(tmp_path / "a.csv")
  (tmp_path / "b.npy").mkdir()
  assert "a folder" in failure(tmp_path / "b.npy")


@pytest.mark.parametrize("ending", [".npy", ".npz", ".h5", ".pt"])
def test_a_file_that_was_cut_off_or_is_something_else(tmp_path, ending):
  path = save(tmp_path / f"a{ending}", np.ones((50, 8)))
  whole = path.read_bytes()
  for content in (whole[:-100], whole[:30], b"", b"no array at all" * 10):
    path.write_bytes(content)
    assert "not readable as" in failure(path)


def test_damage_inside_an_archive(tmp_path):
  path = save(tmp_path / "a.npz", np.ones((50, 8)))
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 255
  path.write_bytes(content)
  assert "not readable as .npz (Bad CRC" in failure(path)


def test_pickled_objects_are_refused(tmp_path):
  for name, write in (("a.npy", np.save), ("a.npz", np.savez)):
    write(tmp_path / name, np.array([{"a": 1}], object))
    assert "holds pickled objects" in failure(tmp_path / name)
  torch = pytest.importorskip("torch")
  torch.save(torch.nn.Linear(2, 2), tmp_path / "a.pt")
  assert "plain tensors" in failure(tmp_path / "a.pt")


def test_a_torch_file_of_something_else(tmp_path):
  torch = pytest.importorskip("torch")
  torch.save([1, 2], tmp_path / "a.pt")
  assert "holds a list, not a tensor" in failure(tmp_path / "a.pt")


@pytest.mark.parametrize("name, package, extra", [("a.pt", "torch", "torch"), ("a.h5", "h5py", "prep")])
def test_an_absent_package_is_named_with_what_installs_it(tmp_path, monkeypatch, name, package, extra):
  (tmp_path / name).touch()
  monkeypatch.setitem(sys.modules, package, None)
  assert f"pip install 'jaxvid[{extra}]'" in failure(tmp_path / name)


def test_torch_reads_without_unpickling(tmp_path, monkeypatch):
  """Also where torch is not installed: what it is asked for."""
  asked = {}

  def load(path, **settings):
    asked.update(settings)
    raise RuntimeError("broken")

  monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(load=load))
  (tmp_path / "a.pt").touch()
  assert "not readable as a file of torch.save (broken)" in failure(tmp_path / "a.pt")
  assert asked["weights_only"] is True


def test_find(tmp_path):
  for name in ("b.npy", "a.v2.npz", "c.h5", ".hidden.npy", "notes.json"):
    (tmp_path / name).touch()
  (tmp_path / "folder.npy").mkdir()
  found = feature_files.find(tmp_path)
  assert list(found) == ["a.v2", "b", "c"] and found["b"] == tmp_path / "b.npy"


def test_find_refuses(tmp_path):
  with pytest.raises(FormatError, match="no such folder"):
    feature_files.find(tmp_path / "nowhere")
  with pytest.raises(FormatError, match="no file that ends in .npy, .npz"):
    feature_files.find(tmp_path)
  for name in ("a.npy", "a.pt"):
    (tmp_path / name).touch()
  with pytest.raises(FormatError, match="two files of one recording, a.npy and a.pt"):
    feature_files.find(tmp_path)
