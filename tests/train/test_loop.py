"""The loop: it learns, goes on bit for bit where it was stopped, and stops at what is not finite."""

import json
import pathlib
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

import tiny
from jaxvid.build import ConfigError
from jaxvid.train import loop, sharding
from jaxvid.train.checkpoint import BEST, LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.restore import new_state

ROOT = pathlib.Path(__file__).parents[2]


def final_state(workdir, config):
  experiment = Experiment.from_config(config, str(workdir))
  source = experiment.open_split("train")
  like = new_state(experiment, source, experiment.optim.make(1)[0])
  with Checkpoints(workdir) as checkpoints:
    return jax.device_get(checkpoints.restore(LATEST, like))


def assert_identical(a, b):
  for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
    np.testing.assert_array_equal(x, y)


@pytest.fixture(scope="module")
def config():
  return tiny.get_config().to_dict()


@pytest.fixture(scope="module")
def finished(tmp_path_factory, config):
  """A run that was never stopped: (workdir, scores)."""
  workdir = tmp_path_factory.mktemp("finished")
  return workdir, loop.train_and_evaluate(config, str(workdir))


def metrics(workdir):
  return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


def test_it_learns_and_writes_everything(finished):
  workdir, scores = finished
  rows = [row for row in metrics(workdir) if "loss" in row]
  assert [row["step"] for row in rows] == list(range(1, 19))  # 25 recordings, batches of 8: 3 steps, 6 epochs.
  assert rows[-1]["loss"] < 0.8 * rows[0]["loss"], [row["loss"] for row in rows]
  assert rows[-1]["compilations"] == 1
  assert {path.name for path in workdir.iterdir()} >= {
    "checkpoints",
    "config.json",
    "curves.png",
    "detections.png",
    "metrics.jsonl",
    "predictions.json",
    "scores.json",
    "tensorboard",
  }
  assert json.loads((workdir / "scores.json").read_text()) == scores
  submission = json.loads((workdir / "predictions.json").read_text())
  assert submission["version"] and len(submission["results"]) == 4
  rows = [row for recording in submission["results"].values() for row in recording]
  assert rows and all(set(row) == {"label", "segment", "score"} and row["label"] in ("jump", "throw") for row in rows)
  assert Checkpoints(workdir).steps(BEST) == 18


def test_evaluation_of_a_checkpoint_repeats_the_scores(finished, config):
  workdir, scores = finished
  assert loop.evaluate(config, str(workdir)) == scores
  assert loop.evaluate(config, str(workdir), BEST) == scores


def test_a_finished_run_is_only_evaluated(finished, config):
  workdir, scores = finished
  before = metrics(workdir)
  assert loop.train_and_evaluate(config, str(workdir)) == scores
  assert [row for row in metrics(workdir) if "loss" in row] == [row for row in before if "loss" in row]


# Between two checkpoints, and at one.
@pytest.mark.parametrize("stop", [4, pytest.param(9, marks=pytest.mark.slow)])
def test_going_on_equals_never_having_stopped(tmp_path, monkeypatch, finished, config, stop):
  put_batch, calls = sharding.put_batch, []

  def stopping(batch, mesh):
    calls.append(1)
    if len(calls) > stop:
      raise KeyboardInterrupt
    return put_batch(batch, mesh)

  monkeypatch.setattr(sharding, "put_batch", stopping)
  with pytest.raises(KeyboardInterrupt):
    loop.train_and_evaluate(config, str(tmp_path))
  monkeypatch.setattr(sharding, "put_batch", put_batch)
  assert loop.train_and_evaluate(config, str(tmp_path)) == finished[1]
  assert_identical(final_state(tmp_path, config), final_state(finished[0], config))
  assert [row["step"] for row in metrics(tmp_path) if "loss" in row] == list(range(1, 19))


def test_killed_in_mid_training(tmp_path, command_environment):
  """SIGKILL between two checkpoints, then the same command again: the parameters of a run that was never stopped."""
  command = [sys.executable, "-m", "jaxvid.main", "--config=tests/tiny.py:epochs=15"]
  # The same programs three times.
  cache = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path / "cache"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
  environment = command_environment | cache
  killed, whole = tmp_path / "killed", tmp_path / "whole"
  with (tmp_path / "stderr").open("w+") as stderr:
    process = subprocess.Popen([*command, f"--workdir={killed}"], cwd=ROOT, env=environment, stderr=stderr)
    log = killed / "metrics.jsonl"
    deadline = time.time() + 240
    while not (log.exists() and log.read_text().count("\n") >= 8):
      assert process.poll() is None, (tmp_path / "stderr").read_text()
      assert time.time() < deadline, "no eight steps in four minutes"
      time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
  steps_before = log.read_text().count("\n")
  assert steps_before < 45, "it was over before the kill"

  for workdir in (killed, whole):
    done = subprocess.run([*command, f"--workdir={workdir}"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
  config = tiny.get_config("epochs=15").to_dict()
  assert_identical(final_state(killed, config), final_state(whole, config))
  assert [row["step"] for row in metrics(killed) if "loss" in row] == list(range(1, 46))


def test_resume_and_init_from_another_workdir(tmp_path, finished, config):
  workdir, scores = finished
  resumed = dict(config, train=dict(config["train"], resume=str(workdir)))
  assert loop.train_and_evaluate(resumed, str(tmp_path / "resumed")) == scores
  fresh = dict(config, train=dict(config["train"], init_from=str(workdir)))
  loop.train_and_evaluate(fresh, str(tmp_path / "fresh"))
  rows = [row for row in metrics(tmp_path / "fresh") if "loss" in row]
  first = [row for row in metrics(workdir) if "loss" in row][0]
  assert rows[0]["step"] == 1 and rows[0]["loss"] < first["loss"]


def test_a_loss_that_is_not_finite_stops_with_its_name(tmp_path, config):
  exploding = dict(config, optim=dict(config["optim"], lr=1e30))
  with pytest.raises(loop.NonFiniteError, match=r"step \d: cls_loss is (nan|inf); try a lower config.optim.lr"):
    loop.train_and_evaluate(exploding, str(tmp_path))
  assert not Checkpoints(tmp_path).steps(), "no broken state is kept"


@pytest.mark.parametrize("term", ["cls_loss", "action_loss", "verb_loss", "mixed_loss"])
def test_the_term_that_is_not_finite_is_named_in_every_task(term):
  metrics = {"grad_norm": np.nan, "loss": np.nan, "accuracy": np.nan, term: np.nan, "input_max": 1.0}
  metrics["fine_loss"] = 1.0
  with pytest.raises(loop.NonFiniteError, match=f"step 7: {term} is nan; try a lower"):
    loop._check_finite(7, metrics)
  assert loop._check_finite(7, dict.fromkeys(metrics, np.float32(1))) == dict.fromkeys(metrics, 1.0)


def test_features_that_are_not_finite_are_named(tmp_path, monkeypatch, config):
  put_batch = sharding.put_batch

  def poisoned(batch, mesh):
    batch["features"][0, 0, 0] = np.nan
    return put_batch(batch, mesh)

  monkeypatch.setattr(sharding, "put_batch", poisoned)
  with pytest.raises(loop.NonFiniteError, match="step 1: the inputs hold a value that is not finite"):
    loop.train_and_evaluate(config, str(tmp_path))


def test_another_dataset_is_refused(finished, config):
  workdir, _ = finished
  other = dict(config, data=dict(config["data"], made_up=dict(config["data"]["made_up"], dim=7)))
  with pytest.raises(ConfigError, match="other features than the dataset's.*dim: 6 against 7"):
    loop.evaluate(other, str(workdir))
  # The made-up dataset was written anew; put the first one back for the tests that follow.
  Experiment.from_config(config, str(workdir)).open_split("train")


def test_wrong_number_of_classes(tmp_path, config):
  three = dict(config, task=dict(config["task"], num_classes=3))
  with pytest.raises(ConfigError, match="config.task.num_classes: 3, but dataset made_up has 2 classes"):
    loop.train_and_evaluate(three, str(tmp_path))
