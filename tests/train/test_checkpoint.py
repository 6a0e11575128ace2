"""Checkpoints: what is kept, and what is refused."""

import os
import signal

import jax.numpy as jnp
import numpy as np
import pytest

from jaxvid.train.checkpoint import BEST, LATEST, CheckpointError, Checkpoints


def state(value, width=3):
  return {"params": {"kernel": jnp.full((2, width), float(value))}, "step": jnp.int32(value)}


def saved(folder, *values, kind=LATEST):
  checkpoints = Checkpoints(folder)
  for value in values:
    checkpoints.save(kind, value, state(value), {"class_names": ["a"], "score": value})
  checkpoints.close()
  return Checkpoints(folder)


def test_the_last_one_stays(tmp_path):
  checkpoints = saved(tmp_path, 1, 2, 5)
  assert checkpoints.steps() == 5 and checkpoints.steps(BEST) is None
  np.testing.assert_array_equal(checkpoints.restore(LATEST, state(0))["params"]["kernel"], np.full((2, 3), 5.0))
  assert checkpoints.describe()["class_names"] == ["a"]
  assert [path.name for path in (tmp_path / "checkpoints" / "latest").iterdir()] == ["5"]


def test_latest_and_best_are_apart(tmp_path):
  saved(tmp_path, 3, kind=BEST)
  checkpoints = saved(tmp_path, 9)
  assert checkpoints.steps(BEST) == 3 and checkpoints.steps() == 9


def test_nothing_there(tmp_path):
  with pytest.raises(CheckpointError, match=f"no latest checkpoint in {tmp_path}"):
    Checkpoints(tmp_path).restore(LATEST, state(0))


def test_another_shape_or_name_is_refused_and_named(tmp_path):
  checkpoints = saved(tmp_path, 1)
  with pytest.raises(CheckpointError, match=r"params/kernel: float32\(2, 3\) in the checkpoint, float32\(2, 4\) here"):
    checkpoints.restore(LATEST, state(0, width=4))
  renamed = {"params": {"weight": jnp.zeros((2, 3))}, "step": jnp.int32(0)}
  with pytest.raises(
    CheckpointError, match="params/kernel: in the checkpoint only\n.*params/weight: not in the checkpoint"
  ):
    checkpoints.restore(LATEST, renamed)


def test_a_part_of_the_state(tmp_path):
  checkpoints = saved(tmp_path, 3)
  parts = checkpoints.restore_parts(LATEST, {"params": state(0)["params"], "model_state": {}})
  assert set(parts) == {"params", "model_state"} and parts["model_state"] == {}
  np.testing.assert_array_equal(parts["params"]["kernel"], np.full((2, 3), 3.0))
  with pytest.raises(CheckpointError, match=r"params/kernel: float32\(2, 3\) in the checkpoint, float32\(2, 4\) here"):
    checkpoints.restore_parts(LATEST, {"params": state(0, width=4)["params"]})
  with pytest.raises(CheckpointError, match="ema/kernel: not in the checkpoint"):
    checkpoints.restore_parts(LATEST, {"ema": state(0)["params"]})


def test_a_half_written_checkpoint_is_not_one(tmp_path):
  saved(tmp_path, 4)
  (tmp_path / "checkpoints" / "latest" / "7.orbax-checkpoint-tmp").mkdir()
  assert Checkpoints(tmp_path).steps() == 4


def test_ctrl_c_while_saving_counts_once_the_checkpoint_is_complete(tmp_path, monkeypatch):
  checkpoints = Checkpoints(tmp_path)
  manager = checkpoints._manager(LATEST)
  save = manager.save

  def interrupted(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGINT)
    return save(*args, **kwargs)

  monkeypatch.setattr(manager, "save", interrupted)
  with pytest.raises(KeyboardInterrupt):
    checkpoints.save(LATEST, 7, state(7), {})
  checkpoints.close()
  assert Checkpoints(tmp_path).steps() == 7
