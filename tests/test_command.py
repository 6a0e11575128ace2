"""The scaffold of all commands: help, unknown flags, errors in a line, Ctrl-C, closed pipes."""

import argparse
import importlib.util
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from jaxvid import __main__ as commands
from jaxvid import command

ROOT = pathlib.Path(__file__).parents[1]


def run(environment, *arguments, **settings):
  start = [sys.executable, "-m", "jaxvid", *arguments]
  return subprocess.run(start, cwd=ROOT, capture_output=True, text=True, env=environment, **settings)


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_help_teaches_and_is_no_error(name, command_environment):
  """Quickly: without the packages that take seconds to import."""
  environment = dict(command_environment, PYTHONPROFILEIMPORTTIME="1")
  done = run(environment, name, "--help")
  assert done.returncode == 0
  module = importlib.util.find_spec(commands.COMMANDS[name])
  first_line = pathlib.Path(module.origin).read_text().splitlines()[0].removeprefix('"""')
  assert first_line in done.stdout
  imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
  assert not imported & {"jax", "flax", "matplotlib", "orbax.checkpoint"}
  assert re.search(f"jaxvid {name} (NAME |--)", done.stdout) and "--traceback" in done.stdout


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_an_unknown_flag_is_named_before_what_is_missing(name, command_environment):
  done = run(command_environment, name, "--tracebak")
  assert done.returncode == 2
  assert done.stderr.splitlines() == [
    "error: unknown flag --tracebak; did you mean --traceback?",
    f"See jaxvid {name} --help.",
  ]


def make_parser():
  parser = command.Parser("try", "A command.", overrides="config")
  parser.add_argument("--workdir", required=True)
  parser.add_argument("--start", type=float)
  parser.add_switch("compile", "or not", True)
  return parser


class TestParser:
  def test_values(self):
    flags = make_parser().parse(["--workdir", "w", "--start", "-1.5", "--nocompile"])
    assert flags == argparse.Namespace(workdir="w", start=-1.5, compile=False, traceback=False, overrides=[])
    assert make_parser().parse(["--workdir=w"]).compile is True
    assert make_parser().parse(["--workdir=w", "--compile=False"]).compile is False
    assert make_parser().parse(["--workdir=w", "--compile"]).compile is True

  def test_values_of_the_configuration(self):
    flags = make_parser().parse(["--config.optim.lr", "-3e-4", "--workdir=w", "--config.a.b=1", "--config.on"])
    assert flags.overrides == ["--config.optim.lr=-3e-4", "--config.a.b=1", "--config.on"]

  @pytest.mark.parametrize(
    "arguments, message",
    [
      (["--wokdir=w"], "unknown flag --wokdir; did you mean --workdir?"),
      (["--base.a=1"], "unknown flag --base.a"),
      (["-workdir=w"], "unknown flag -workdir; did you mean --workdir?"),
      ([], "missing: --workdir"),
      (["--workdir=w", "run"], "unexpected argument: run; flags are given as --NAME=VALUE"),
      (["--workdir=w", "--start=now"], "argument --start: invalid float value: 'now'"),
      (["--workdir=w", "--compile=maybe"], "'maybe' is neither true nor false"),
      (["--work=w"], "unknown flag --work"),
    ],
  )
  def test_mistakes(self, arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
      make_parser().parse(arguments)
    first, second = capsys.readouterr().err.splitlines()
    assert caught.value.code == 2 and first.startswith("error: ") and message in first
    assert second == "See jaxvid try --help."

  def test_help_before_anything_else(self, capsys):
    with pytest.raises(SystemExit) as caught:
      make_parser().parse(["--wokdir=w", "--help"])
    assert caught.value.code == 0 and "A command." in capsys.readouterr().out


class TestRun:
  def test_errors_in_a_line(self):
    def main(argv):
      error = ValueError("no good")
      error.add_note("Try another.")
      raise error

    with pytest.raises(SystemExit) as caught:
      command.run(main, [])
    assert str(caught.value) == "error: no good\nTry another."
    with pytest.raises(ValueError, match="no good"):
      command.run(main, ["--traceback"])

  def test_a_missing_file(self, tmp_path):
    with pytest.raises(SystemExit, match=f"error: {tmp_path}/a.json: No such file or directory"):
      command.run(lambda argv: (tmp_path / "a.json").read_text() and None, [])

  def test_a_mistake_of_ours_keeps_its_traceback(self):
    with pytest.raises(TypeError):
      command.run(lambda argv: len(3), [])

  def test_exit_status(self):
    command.run(lambda argv: None, [])
    command.run(lambda argv: 0, [])
    with pytest.raises(SystemExit) as caught:
      command.run(lambda argv: 3, [])
    assert caught.value.code == 3

  def test_ctrl_c(self, capsys):
    def main(argv):
      with command.when_stopped(lambda: "All is kept."), command.when_stopped("Half is kept."):
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as caught:
      command.run(main, [])
    assert caught.value.code == 130 and capsys.readouterr().err == "Half is kept.\n"

  def test_a_closed_pipe_is_no_error(self, command_environment):
    """As in `jaxvid train --help | head -1`, with more than a pipe holds."""
    code = "from jaxvid import command; command.run(lambda argv: print('line\\n' * 100_000))"
    done = subprocess.run(
      ["bash", "-c", f'set -o pipefail; "{sys.executable}" -c "{code}" | head -1'],
      env=command_environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "line\n" and done.stderr == ""


def test_ctrl_c_in_a_training(tmp_path, command_environment):
  """The line names the checkpoint, and the same command goes on from there."""
  arguments = ["train", "--config=tests/tiny.py:epochs=400", f"--workdir={tmp_path}"]
  start, quiet = [sys.executable, "-m", "jaxvid", *arguments, "--config.eval.num_drawn=0"], subprocess.DEVNULL
  environment = dict(command_environment, JAX_COMPILATION_CACHE_DIR=str(tmp_path / "cache"))
  process = subprocess.Popen(start, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=quiet, text=True)
  latest, deadline = tmp_path / "checkpoints" / "latest", time.monotonic() + 120
  while not [folder for folder in latest.glob("*") if folder.name.isdigit()]:
    assert time.monotonic() < deadline and process.poll() is None, process.communicate()
    time.sleep(0.05)
  os.kill(process.pid, signal.SIGINT)
  said = process.communicate(timeout=60)[1]
  assert process.returncode == 130 and "Traceback" not in said, said
  [step] = [int(folder.name) for folder in latest.glob("*") if folder.name.isdigit()]
  assert said.splitlines()[-1] == f"Stopped. {latest}/{step} is kept; the same command goes on from step {step}."
  # The workdir is enough.
  go_on = run(environment, "train", f"--workdir={tmp_path}", "--config.data.train_split=none")
  assert go_on.returncode == 1 and "none" in go_on.stderr
