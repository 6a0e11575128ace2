"""stickgym from nothing to the score: what TAG-Head tells apart, no single frame does. A quarter of an hour: long."""

import json
import subprocess
import sys

import pytest

from conftest import ROOT


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("data")
  command = [sys.executable, "-m", "data_prep.build", "stickgym", f"--data_dir={folder}"]
  subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
  return folder


@pytest.fixture
def top1(data_dir, tmp_path, command_environment):
  def train(variant, *overrides):
    # Training computes much: here optimisation pays.
    environment = dict(command_environment, XLA_FLAGS="")
    command = [sys.executable, "-m", "jaxvid.main", f"--config=configs/stickgym_tag.py:{variant}"]
    command += [f"--workdir={tmp_path}", f"--config.data.data_dir={data_dir}", *overrides]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / "scores.json").read_text())["top1"]

  return train


@pytest.mark.slow
@pytest.mark.long
def test_a_frame_tells_the_apparatus_and_no_more(top1):
  """Four classes share each of three apparatus: 25% is chance for who sees which one it is, 8% for who does not."""
  assert 0.2 < top1("frame", "--config.train.epochs=5") < 0.4


@pytest.mark.slow
@pytest.mark.long
def test_tag_head_tells_the_classes_apart(top1):
  """Four epochs of the configuration's five: after three, seeds differ by ten points (docs/results.md)."""
  assert top1("", "--config.train.epochs=4") >= 0.8
