"""jaxvid from a wheel, in an empty folder: no clone, nothing of it on the path."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[1]
IN_A_WHEEL = ("pyproject.toml", "README.md", "LICENSE", "jaxvid", "configs", "data_prep")

pytestmark = pytest.mark.slow


def python(*arguments, **settings):
  done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **settings)
  assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
  return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
  """A copy to build in: a build leaves files beside the sources."""
  setuptools = pytest.importorskip("setuptools", "77", reason="builds need setuptools 77: pip install '.[dev]'")
  assert setuptools
  folder = tmp_path_factory.mktemp("clone")
  for name in IN_A_WHEEL:
    if (ROOT / name).is_dir():
      shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
      shutil.copy(ROOT / name, folder)
  return folder


@pytest.fixture(scope="module")
def unpacked(sources, tmp_path_factory):
  """The source distribution, unpacked."""
  folder = tmp_path_factory.mktemp("sdist")
  code = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
  python("-W", "ignore", "-c", code, cwd=sources)
  with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
    archive.extractall(folder, filter="data")
  return next(path for path in folder.iterdir() if path.is_dir())


@pytest.fixture(params=["sources", "unpacked"])
def installed(request, tmp_path):
  """The folder that a wheel was installed into, from a clone and from a source distribution."""
  source = request.getfixturevalue(request.param)
  python("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path / "dist", source)
  site = tmp_path / "site"
  python("-m", "pip", "install", "-q", "--no-deps", "--target", site, next((tmp_path / "dist").glob("*.whl")))
  return site


def test_commands_in_an_empty_folder(installed, tmp_path, command_environment):
  folder = tmp_path / "empty"
  folder.mkdir()
  environment = dict(command_environment, PYTHONPATH=str(installed))

  def jaxvid(*arguments):
    """The console script; the current folder is not on Python's path."""
    return python("-P", installed / "bin" / "jaxvid", *arguments, cwd=folder, env=environment)

  where = python("-P", "-c", "import jaxvid; print(jaxvid.__file__)", cwd=folder, env=environment)
  assert pathlib.Path(where).is_relative_to(installed)
  files = {path.relative_to(ROOT) for name in ("configs", "data_prep") for path in (ROOT / name).rglob("*.py")}
  assert all((installed / "jaxvid" / file).is_file() for file in files)

  assert "  train " in jaxvid()
  jaxvid("train", "--config=thumos_sgp:smoke", "--workdir=w", "--config.eval.num_drawn=0")
  assert 0 <= json.loads((folder / "w" / "scores.json").read_text())["average_mAP"] <= 1
  assert "base, " not in jaxvid("study", "--study=loss_weight", "--variant=smoke", "--workdir=s", "--dry_run")

  (folder / "features").mkdir()
  database = {}
  for name, subset in (("a", "train"), ("b", "test")):
    np.save(folder / "features" / f"{name}.npy", np.ones((60, 4), np.float32))
    action = {"label": "run", "segment": [1.0, 4.0]}
    database[name] = {"subset": subset, "duration": 8.4, "fps": 30, "annotations": [action]}
  (folder / "mine.json").write_text(json.dumps({"database": database}))
  timing = ["--feat_stride=4", "--num_frames=16"]
  jaxvid("build", "generic/mine", "--source=features", "--annotations=mine.json", *timing)
  assert "run" in jaxvid("stats", "generic/mine")
  assert not os.path.exists(folder / "configs")
