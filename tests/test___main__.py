"""`jaxvid` finds, lists and runs the commands there are; names of configurations and studies resolve anywhere."""

import pathlib
import re
import subprocess
import sys

import pytest

import jaxvid
from jaxvid import __main__ as commands
from jaxvid import command, shipped

ROOT = pathlib.Path(__file__).parents[1]


def run(*arguments):
  command.run(commands.main, list(arguments))


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_lists_commands_with_their_docstrings(capsys, arguments):
  run(*arguments)
  printed = capsys.readouterr().out
  assert re.search("  train +Train a model and evaluate it", printed)
  assert re.search("  build +Make", printed)


def test_version(capsys):
  run("--version")
  assert capsys.readouterr().out == f"jaxvid {jaxvid.__version__}\n"


def test_an_unknown_command_is_an_error_that_lists_what_there_is():
  with pytest.raises(SystemExit, match='(?s)error: there is no command "trian"; did you mean train\\?.*  train +Train'):
    run("trian", "--help")


def test_names_the_commands_there_are():
  files = [*(ROOT / "jaxvid").glob("*.py"), *(ROOT / "data_prep").glob("*.py")]
  found = {
    f"jaxvid.{path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.').removeprefix('jaxvid.')}"
    for path in files
    if '\nif __name__ == "__main__"' in path.read_text() and path.name != "__main__.py"
  }
  assert set(commands.COMMANDS.values()) == found
  assert set(commands.ALIASES.values()) <= set(commands.COMMANDS)


@pytest.fixture
def elsewhere(tmp_path, command_environment):
  """Runs a command in an empty folder as the console script does: the current folder is not on the path."""

  def run(*arguments):
    start = [sys.executable, "-P", "-c", "from jaxvid import __main__; __main__.run()"]
    return subprocess.run([*start, *arguments], cwd=tmp_path, capture_output=True, text=True, env=command_environment)

  return run


def test_a_configuration_of_ones_own_may_import_ours(tmp_path, elsewhere):
  (tmp_path / "mine.py").write_text(
    "from jaxvid.configs import quickstart\n\n\ndef get_config(arg=''):\n"
    "  config = quickstart.get_config(arg)\n  config.optim.lr = 'not a number of mine'\n  return config\n"
  )
  result = elsewhere("main", "--config=mine.py", "--workdir=w")
  assert result.returncode == 1 and "Traceback" not in result.stderr
  assert "mine.py" in result.stderr and "not a number of mine" in result.stderr


def test_commands_of_data_prep_run_anywhere(elsewhere):
  result = elsewhere("build", "--help")
  assert result.returncode == 0 and "thumos14" in result.stdout, result.stderr


class TestNames:
  def test_of_configurations(self, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = str(shipped.CONFIGS / "thumos_sgp.py")
    for name in ("thumos_sgp", "thumos_sgp.py", "configs/thumos_sgp.py"):
      assert shipped.configuration(name) == ours
      assert shipped.configuration(f"{name}:smoke,parity") == f"{ours}:smoke,parity"

  def test_a_file_wins(self, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    for name in ("thumos_sgp", "configs/thumos_sgp.py"):
      (tmp_path / name).touch()
      assert shipped.configuration(f"{name}:smoke") == f"{name}:smoke"

  def test_of_studies(self, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shipped.study("backbone_neck") == str(shipped.STUDIES / "backbone_neck.py")
    assert shipped.study("configs/studies/loss_weight.py") == str(shipped.STUDIES / "loss_weight.py")

  @pytest.mark.parametrize(
    "find, name, message",
    [
      (shipped.configuration, "thumos_spg:smoke", "thumos_spg: no such file, and no configuration .*thumos_sgp?"),
      (shipped.configuration, "mine/thumos_sgp.py", "mine/thumos_sgp.py: no such file"),
      (shipped.configuration, "thumos_sgp.json", "thumos_sgp.json: no such file"),
      (shipped.study, "necks", "necks: no such file, and no study of jaxvid; there are: actionformer_ablations, "),
    ],
  )
  def test_that_there_are_not(self, find, name, message):
    with pytest.raises(ValueError, match=message):
      find(name)
