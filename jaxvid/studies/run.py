"""One training of a study: `jaxvid.main` in a process of its own, in a folder of its own.

  ROW/seed_N/config.py     its configuration, which jaxvid.main takes too
  ROW/seed_N/log.txt       what it printed
  ROW/seed_N/result.json   once it is finished: scores, parameters, seconds
  ROW/seed_N/failure.json  when it has failed, until it is tried again
and what jaxvid.main leaves in a workdir. A run that was killed goes on from its last checkpoint.
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
# How often a running process is looked at, in seconds.
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
  """What a finished run scored: fractions by column ("0.5", "average"), parameters of the network, training seconds."""

  scores: Mapping[str, float]
  parameters: int
  train_seconds: float


@dataclasses.dataclass(frozen=True)
class Run:
  """A row trained with a seed.

  Attributes:
    study, row: their names.
    seed: of the run.
    folder: its workdir.
    config: complete, with its seed.
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
    """How far its training is."""
    lines = [line for line in _metrics(self.folder) if "epoch" in line]
    epochs = self.config["train"]["epochs"]
    return f"epoch {lines[-1]['epoch']:.1f} of {epochs}" if lines else "starting"

  def check_unchanged(self) -> None:
    """Refuses a folder whose training was, or is, another than this one.

    Raises:
      StudyError: says what differs. Keys that only one side sets, to what is their default anyhow, do not count.
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
    """A file descriptor while nobody else runs this; None if somebody does. Processes that inherit it hold it too, so
    that a study which was killed without its child is not run twice."""
    self.folder.mkdir(parents=True, exist_ok=True)
    with (self.folder / ".lock").open("w") as file:
      try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError:
        yield None
      else:
        yield file.fileno()

  def execute(self, lock: int, environment: Mapping[str, str], watch: Callable[[], None]) -> bool:
    """Trains and evaluates, or goes on where it was stopped; True if that worked. `watch` is called now and then."""
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
  """The plain values in a config.py that a study wrote: read, not executed.

  Raises:
    StudyError: the file is not as a study writes it.
  """
  try:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
      if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONFIG":
        return ast.literal_eval(node.value)
    raise ValueError("it sets no CONFIG")
  except (SyntaxError, ValueError) as error:
    raise StudyError(f"{path}: not as jaxvid study writes it ({error}); delete its folder to run it again") from error


def count_parameters(folder: pathlib.Path) -> int:
  """Parameters of the network whose checkpoint is in a workdir."""
  from jaxvid.train.checkpoint import Checkpoints  # Here, not above: jax and orbax take seconds to import.

  with Checkpoints(folder) as checkpoints:
    shapes = checkpoints.describe()["shapes"]
  return sum(_size(shape) for name, shape in shapes.items() if name.startswith("params/"))


def train_seconds(folder: pathlib.Path) -> float:
  """Seconds that its training steps took, compilation included and evaluation not, however often it was resumed."""
  seconds, before = 0.0, 0
  for line in _metrics(folder):
    if "steps_per_second" in line:
      seconds += (line["step"] - before) / line["steps_per_second"]
    before = line["step"]
  return seconds


def _metrics(folder):
  """The lines of metrics.jsonl; the last may be half a line yet."""
  path, lines = folder / "metrics.jsonl", []
  for text in path.read_text().splitlines() if path.exists() else ():
    with contextlib.suppress(json.JSONDecodeError):
      lines.append(json.loads(text))
  return lines


def _size(shape):
  """Elements of "float32(3, 512)"."""
  return math.prod(int(number) for number in re.findall(r"\d+", shape[shape.index("(") :]))


def _wait(process):
  with contextlib.suppress(subprocess.TimeoutExpired):
    return process.wait(_POLL)
  return None


def _last_line(log):
  lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
  return lines[-1] if lines else "no output"
