"""One run of a study: `jaxvid train` in a process and a workdir of its own.

  ROW/seed_N/config.py     its configuration, a file for --config
  ROW/seed_N/log.txt       the output of the process
  ROW/seed_N/result.json   of a finished run: scores, parameters, seconds
  ROW/seed_N/failure.json  of a failed run, until it is tried again
Beside these are the files that jaxvid train writes. A run that was killed goes on from its last checkpoint.
"""

import ast
import contextlib
import dataclasses
import fcntl
import json
import math
import pathlib
import pprint
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jaxvid import files
from jaxvid.studies import columns
from jaxvid.studies.checks import same_meaning
from jaxvid.studies.plan import StudyError, differences
from jaxvid.train import old_configurations

FINISHED, FAILED, STOPPED, NEW = "finished", "failed", "to be resumed", "to be run"
# The command of a run.
TRAIN = (sys.executable, "-m", "jaxvid.main")
# Seconds between two looks at a running process.
_POLL = 1.0

_CONFIG = '''"""Row "{row}" of the study {study}, seed {seed}, as jaxvid study runs it. Alone:

  jaxvid train --config={path} --workdir={folder}
"""

from ml_collections import ConfigDict

CONFIG = {values}


def get_config():
  return ConfigDict(CONFIG)
'''


@dataclasses.dataclass(frozen=True)
class Result:
  """Result of a finished run.

  Attributes:
    scores: column ("0.5", "average") -> fraction.
    parameters: of the network.
    train_seconds: of the training steps, see `train_seconds`.
  """

  scores: Mapping[str, float]
  parameters: int
  train_seconds: float


@dataclasses.dataclass(frozen=True)
class Run:
  """The training of one row with one seed.

  Attributes:
    study, row: their names.
    seed: of the run.
    folder: its workdir.
    config: complete, with the seed.
  """

  study: str
  row: str
  seed: int
  folder: pathlib.Path
  config: Mapping[str, Any]

  @property
  def name(self) -> str:
    return f"{self.row}, seed {self.seed}"

  @property
  def state(self) -> str:
    for file, state in (("result.json", FINISHED), ("failure.json", FAILED), ("config.py", STOPPED)):
      if (self.folder / file).exists():
        return state
    return NEW

  @property
  def result(self) -> Result:
    return Result(**json.loads((self.folder / "result.json").read_text()))

  @property
  def failure(self) -> str:
    """The last line of the log of a run that failed."""
    return json.loads((self.folder / "failure.json").read_text())["error"]

  @property
  def progress(self) -> str:
    """How far the training is, such as "epoch 3.5 of 30"."""
    lines = [line for line in _read_metrics(self.folder) if "epoch" in line]
    epochs = self.config["train"]["epochs"]
    return f"epoch {lines[-1]['epoch']:.1f} of {epochs}" if lines else "starting"

  def check_unchanged(self) -> None:
    """Checks that the folder, if there is one, holds a run of this configuration.

    Raises:
      StudyError: it holds another; names the keys that differ. A key set to its default equals one that is not set.
    """
    path = self.folder / "config.py"
    if not path.exists():
      return
    there = old_configurations.upgrade(load_config(path))
    found = differences(there, self.config)
    if found and not same_meaning(there, self.config):
      lines = "\n  ".join(found)
      raise StudyError(
        f"{self.folder} holds a run of another configuration:\n  {lines}\n"
        f"Name another --workdir for this study, or delete {self.folder} to run it again."
      )

  @contextlib.contextmanager
  def lock(self) -> Iterator[int | None]:
    """Locks the run inside the `with`: gives a file descriptor, or None if another process holds the lock.

    A process that inherits the descriptor holds the lock, too. So if a study is killed but its training is not, another
    study does not start the same run.
    """
    self.folder.mkdir(parents=True, exist_ok=True)
    with (self.folder / ".lock").open("w") as file:
      try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError:
        yield None
      else:
        yield file.fileno()

  def execute(self, lock: int, environment: Mapping[str, str], watch: Callable[[], None]) -> bool:
    """Trains and evaluates, or goes on where the run was stopped.

    Args:
      lock: descriptor from `lock`, which the training inherits.
      environment: of the process.
      watch: called every second.

    Returns:
      Whether the run finished; if not, `failure` says why.
    """
    (self.folder / "failure.json").unlink(missing_ok=True)
    path = self.folder / "config.py"
    values = pprint.pformat(self.config, width=118, sort_dicts=False)
    files.write_text(
      path,
      _CONFIG.format(row=self.row, study=self.study, seed=self.seed, path=path, folder=self.folder, values=values),
    )
    command = [*TRAIN, f"--config={path}", f"--workdir={self.folder}"]
    with (self.folder / "log.txt").open("ab") as log:
      process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment, pass_fds=(lock,)
      )
      try:
        while (code := _wait(process)) is None:
          watch()
      except BaseException:  # Ctrl-C, or a signal: the child must not outlive the study.
        process.terminate()
        process.wait()
        raise
    if code:
      error = f"killed by signal {-code}" if code < 0 else _last_line(self.folder / "log.txt")
      files.write_json(self.folder / "failure.json", {"exit_code": code, "error": error})
      return False
    files.write_json(self.folder / "result.json", dataclasses.asdict(self._read_result()))
    return True

  def _read_result(self) -> Result:
    scores = json.loads((self.folder / "scores.json").read_text())
    return Result(columns.scores(self.config, scores), count_parameters(self.folder), train_seconds(self.folder))


def load_config(path: pathlib.Path) -> dict[str, Any]:
  """Reads the plain values of a config.py that a study wrote, without executing it.

  Raises:
    StudyError: a study did not write this file, or it was changed.
  """
  try:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
      if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONFIG":
        return ast.literal_eval(node.value)
    raise ValueError("it sets no CONFIG")
  except (SyntaxError, ValueError) as error:
    raise StudyError(f"{path}: not as jaxvid study writes it ({error}); delete its folder to run it again") from error


def count_parameters(folder: pathlib.Path) -> int:
  """Number of parameters of the network in a workdir's checkpoint."""
  from jaxvid.train.checkpoint import Checkpoints  # Here, not above: jax and orbax take seconds to import.

  with Checkpoints(folder) as checkpoints:
    shapes = checkpoints.describe()["shapes"]
  return sum(_size(shape) for name, shape in shapes.items() if name.startswith("params/"))


def train_seconds(folder: pathlib.Path) -> float:
  """Seconds of a run's training steps over all its resumptions, with compilation, without evaluation."""
  seconds, before = 0.0, 0
  for line in _read_metrics(folder):
    if "steps_per_second" in line:
      seconds += (line["step"] - before) / line["steps_per_second"]
    before = line["step"]
  return seconds


def _read_metrics(folder):
  """The lines of metrics.jsonl as dicts, without a last line that is not complete yet."""
  path, lines = folder / "metrics.jsonl", []
  for text in path.read_text().splitlines() if path.exists() else ():
    with contextlib.suppress(json.JSONDecodeError):
      lines.append(json.loads(text))
  return lines


def _size(shape):
  """Number of elements of an array that is described as "float32(3, 512)"."""
  return math.prod(int(number) for number in re.findall(r"\d+", shape[shape.index("(") :]))


def _wait(process):
  """Exit status of a process, or None if it still runs after _POLL seconds."""
  with contextlib.suppress(subprocess.TimeoutExpired):
    return process.wait(_POLL)
  return None


def _last_line(log):
  """The last line of a log file that is not empty."""
  lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
  return lines[-1] if lines else "no output"
