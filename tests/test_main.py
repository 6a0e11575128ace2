"""The command: --help teaches, and mistakes give one line."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

import tiny
from jaxvid import command, files, main
from jaxvid.train import config_file, loop
from jaxvid.train.checkpoint import Checkpoints

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture
def run(command_environment):
  """Runs the command with these arguments."""

  def run(*args):
    command = [sys.executable, "-m", "jaxvid.main", *args]
    return subprocess.run(command, cwd=ROOT, env=command_environment, capture_output=True, text=True)

  return run


def test_help(run):
  done = run("--help")
  assert "--config=quickstart" in done.stdout and "--mode" in done.stdout and "predictions.json" in done.stdout


@pytest.mark.parametrize(
  "args, message",
  [
    (["--config=configs/quickstart.py"], "--workdir"),
    (["--config=configs/nowhere.py", "--workdir={tmp}"], "configs/nowhere.py: no such file"),
    (["--config=quick_start", "--workdir={tmp}"], "did you mean quickstart?"),
    (["--workdir={tmp}"], "holds no training yet"),
    (["--config=configs/quickstart.py:smok", "--workdir={tmp}"], 'unknown variant "smok"'),
    (["--config=configs/quickstart.py", "--config.optim.rate=1", "--workdir={tmp}"], 'no key "config.optim.rate"'),
    (["--config=configs/quickstart.py", "--config.optim.lr=fast", "--workdir={tmp}"], "fast"),
    (["--config=configs/quickstart.py", "--config.model.backbone.type=lstm", "--workdir={tmp}"], 'no backbone "lstm"'),
    (
      ["--config=configs/quickstart.py", "--config.model.backbone.window=4", "--workdir={tmp}"],
      "window must be a positive odd",
    ),
    (
      ["--config=configs/thumos_sgp.py", "--config.data.data_dir={tmp}", "--workdir={tmp}"],
      "jaxvid build thumos14",
    ),
    (["--config=configs/quickstart.py", "--mode=eval", "--workdir={tmp}"], "no latest checkpoint"),
    (
      ["--config=configs/quickstart.py", "--config.eval.annotations={tmp}/gone.json", "--workdir={tmp}"],
      "config.eval.annotations: there is no file",
    ),
  ],
)
def test_mistakes_give_one_line(run, tmp_path, args, message):
  done = run(*(arg.format(tmp=tmp_path) for arg in args))
  assert done.returncode != 0
  assert message in done.stderr
  assert "Traceback" not in done.stderr


class TestWorkdir:
  """A workdir is enough where there is one."""

  @pytest.fixture
  def called(self, monkeypatch):
    """The configurations that the loop gets."""
    found = []
    monkeypatch.setattr(loop, "train_and_evaluate", lambda config, workdir: found.append(config))
    monkeypatch.setattr(loop, "evaluate", lambda config, workdir, kind: found.append(config))
    return found

  @pytest.mark.parametrize("mode", ["train", "eval"])
  def test_its_own_configuration_is_taken(self, tmp_path, called, mode):
    """As plain values, tuples among them, with the changes of the command line; Python in the folder is not run."""
    config = tiny.get_config().to_dict()
    files.write_json(tmp_path / "config.json", config)
    (tmp_path / "config.py").write_text("raise SystemExit('executed')")
    command.run(main.main, [f"--workdir={tmp_path}", f"--mode={mode}"])
    assert called == [config_file.complete(config)] and isinstance(called[0]["task"]["regression_ranges"], tuple)
    assert called[0]["optim"]["lr"] == config["optim"]["lr"]
    flags = ["--config.optim.lr=0.5", "--config.train.num_devices=3", "--config.eval.tious=(0.5,)"]
    command.run(main.main, [f"--workdir={tmp_path}", f"--mode={mode}", *flags])
    assert called[1]["optim"]["lr"] == 0.5 and called[1]["train"]["num_devices"] == 3
    assert called[1]["eval"]["tious"] == (0.5,)

  def test_config_wins(self, tmp_path, called):
    files.write_json(tmp_path / "config.json", tiny.get_config().to_dict())
    command.run(main.main, [f"--workdir={tmp_path}", "--config=quickstart"])
    assert called[0]["data"]["batch_size"] != tiny.get_config().data.batch_size

  def test_a_checkpoint_knows_it_too(self, tmp_path, called):
    config = tiny.get_config().to_dict()
    with Checkpoints(tmp_path) as checkpoints:
      checkpoints.save("best", 3, {"params": np.zeros(2)}, {"config": config})
    command.run(main.main, [f"--workdir={tmp_path}", "--mode=eval", "--checkpoint=best"])
    assert called == [config_file.complete(config)]

  @pytest.mark.parametrize(
    "text, message",
    [
      (None, "holds no training yet; say what to train: --config=quickstart"),
      ("{", "config.json: not readable as JSON"),
      ("[1]", "config.json: not a configuration of jaxvid"),
    ],
  )
  def test_a_workdir_without(self, tmp_path, called, text, message):
    if text:
      (tmp_path / "config.json").write_text(text)
    with pytest.raises(SystemExit, match=f"error: .*{message}"):
      command.run(main.main, [f"--workdir={tmp_path}"])
    assert not called

  def test_a_key_that_it_has_not(self, tmp_path, called):
    files.write_json(tmp_path / "config.json", tiny.get_config().to_dict())
    with pytest.raises(SystemExit, match='has no key "config.optim.rl", so nothing would read it'):
      command.run(main.main, [f"--workdir={tmp_path}", "--config.optim.rl=0.5"])


@pytest.mark.slow
@pytest.mark.parametrize(
  "name",
  [
    "quickstart.py:smoke",
    "thumos_actionformer.py:smoke",
    "thumos_conv_refined_fpn.py:smoke",
    "thumos_tridet.py:smoke,parity",
    "activitynet_actionformer_tsp.py:smoke",
    "ego4d_actionformer.py:smoke,slowfast_omnivore_egovlp",
    "hapt_sgp.py:smoke",
    "hapt_granularity_mixture.py:smoke",
    "hapt_decoupled.py:smoke",
    "gym99_tag.py:smoke",
    "haa500_tag.py:smoke,csn,frozen",
    "epic100_aga.py:smoke,heads",
  ],
)
def test_smoke(run, tmp_path, name):
  done = run(f"--config=configs/{name}", f"--workdir={tmp_path}")
  assert done.returncode == 0, done.stderr
  pictures = {"tag": "confusion.png", "aga": "curves.png"}
  picture = pictures.get(name.partition(".")[0].rpartition("_")[2], "detections.png")
  assert (tmp_path / "scores.json").exists() and (tmp_path / picture).exists()
