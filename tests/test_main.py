"""The command: --help teaches, and mistakes give one line."""

import pathlib
import subprocess
import sys

import pytest

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
    (["--config=configs/nowhere.py", "--workdir={tmp}"], "configs/nowhere.py"),
    (["--config=configs/quickstart.py:smok", "--workdir={tmp}"], 'unknown variant "smok"'),
    (["--config=configs/quickstart.py", "--config.optim.rate=1", "--workdir={tmp}"], 'no key "rate"'),
    (["--config=configs/quickstart.py", "--config.optim.lr=fast", "--workdir={tmp}"], "fast"),
    (["--config=configs/quickstart.py", "--config.model.backbone.type=lstm", "--workdir={tmp}"], 'no backbone "lstm"'),
    (
      ["--config=configs/quickstart.py", "--config.model.backbone.window=4", "--workdir={tmp}"],
      "window must be a positive odd",
    ),
    (
      ["--config=configs/thumos_sgp.py", "--config.data.data_dir={tmp}", "--workdir={tmp}"],
      "python -m data_prep.build thumos14",
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
