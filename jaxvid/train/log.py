"""The log of metrics: a JSON-lines file, and TensorBoard."""

import json
import pathlib
from collections.abc import Mapping

import tensorboardX

from jaxvid import files

_METRICS = "metrics.jsonl"


class MetricLog:
  """Writes lines {"step": k, name: value, ...} to WORKDIR/metrics.jsonl, and events to WORKDIR/tensorboard.

  Opening at step N drops lines after N, since those steps will run again.
  """

  def __init__(self, workdir: str | pathlib.Path, step: int, enabled: bool = True) -> None:
    self.path = pathlib.Path(workdir) / _METRICS
    self._file = self._tensorboard = None  # Only one process writes; in the others the log is not enabled.
    if enabled:
      _keep_lines_up_to(self.path, step)
      self._file = self.path.open("a", buffering=1)  # Line-buffered: a kill loses no whole line.
      self._tensorboard = tensorboardX.SummaryWriter(str(pathlib.Path(workdir) / "tensorboard"), purge_step=step + 1)

  def __enter__(self):
    return self

  def __exit__(self, *_: object) -> None:
    if self._file:
      self._file.close()
      self._tensorboard.close()

  def write(self, step: int, metrics: Mapping[str, float]) -> None:
    """Logs the metrics of a training step: name -> number."""
    if not self._file:
      return
    self._file.write(json.dumps({"step": step, **metrics}) + "\n")
    for name, value in metrics.items():
      self._tensorboard.add_scalar(name, value, step)


def _keep_lines_up_to(path, step):
  """Drops the lines of metrics.jsonl after a training step."""
  if not path.exists():
    return
  kept = []
  for line in path.read_text().splitlines():
    try:
      if json.loads(line)["step"] <= step:
        kept.append(line + "\n")
    except json.JSONDecodeError:  # The last line of a killed process may be half a line.
      continue
  files.write_text(path, "".join(kept))
