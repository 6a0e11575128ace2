"""The `jaxvid` command finds, lists and runs the commands there are."""

import pathlib
import re
import subprocess
import sys

import pytest

from jaxvid import cli

ROOT = pathlib.Path(__file__).parents[1]


def run(monkeypatch, *arguments):
  monkeypatch.setattr(sys, "argv", ["jaxvid", *arguments])
  cli.main()


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_lists_commands_with_their_docstrings(monkeypatch, capsys, arguments):
  run(monkeypatch, *arguments)
  assert re.search("  main +Train a model and evaluate it", capsys.readouterr().out)


def test_an_unknown_command_is_an_error_that_lists_what_there_is(monkeypatch):
  with pytest.raises(SystemExit, match='(?s)no command "trian".*  main +Train'):
    run(monkeypatch, "trian", "--help")


def test_names_the_commands_there_are():
  files = {path.stem for path in (ROOT / "jaxvid").glob("*.py") if 'if __name__ == "__main__"' in path.read_text()}
  assert set(cli.COMMANDS) == files


def test_runs_a_command_as_python_m_does(tmp_path):
  """From the folder it is given in, where configurations import each other."""
  (tmp_path / "configs").mkdir()
  (tmp_path / "configs" / "__init__.py").touch()
  (tmp_path / "configs" / "common.py").write_text("WORD = 'found next door'")
  (tmp_path / "configs" / "mine.py").write_text(
    "import sys\nfrom configs import common\nraise ValueError(f'{common.WORD} with {sys.argv[1:]}')"
  )
  # -P as for a console script: the current folder is not on the path. jaxvid itself comes from PYTHONPATH.
  command = [sys.executable, "-P", "-c", "from jaxvid import cli; cli.main()", "main", "--config=configs/mine.py"]
  result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})
  assert result.returncode == 1
  assert "found next door with ['--config=configs/mine.py']" in result.stderr
