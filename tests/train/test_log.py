"""The metrics file after a kill."""

import json

from jaxvid.train.log import MetricLog


def lines(path):
  return [json.loads(line) for line in path.read_text().splitlines()]


def test_appends_and_forgets_what_came_after_the_checkpoint(tmp_path):
  with MetricLog(tmp_path, 0) as log:
    for step in (1, 2, 3):
      log.write(step, {"loss": step / 2})
  with log.path.open("a") as file:
    file.write('{"step": 4, "lo')  # A kill in mid-line.
  with MetricLog(tmp_path, 2) as resumed:
    resumed.write(3, {"loss": 9.0})
  assert lines(log.path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 1.0}, {"step": 3, "loss": 9.0}]
  assert list((tmp_path / "tensorboard").iterdir())


def test_other_processes_write_nothing(tmp_path):
  with MetricLog(tmp_path, 0, enabled=False) as log:
    log.write(1, {"loss": 1.0})
  assert not list(tmp_path.iterdir())
