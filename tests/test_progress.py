"""One bar at a time, on a terminal and in a log file."""

import gc
import os
import pathlib
import pty
import subprocess
import sys
import termios

import pytest

from jaxvid import progress

ROOT = pathlib.Path(__file__).parents[1]
# A training with an evaluation in it, and text of all kinds.
SCRIPT = """
import logging, time
from jaxvid import progress
log = logging.getLogger("jaxvid")
log.addHandler(progress.LogHandler())
log.setLevel(logging.INFO)
with progress.bar(total=3, desc="train", unit="step", leave=True) as training:
  training.update()
  training.note("loss 0.500, a note that makes the line long")
  log.info("a line of the log")
  training.update()
  for _ in progress.bar(range(2), desc="evaluate", unit="clip"):
    progress.write("a table")
    training._shown.refresh()  # As tqdm's own thread does with slow bars.
    time.sleep(0.6)  # Longer than it takes for a bar to be drawn anew.
  training.update()
"""


class Screen:
  """A terminal's lines, of what a program has written to it: text, newlines and carriage returns, nothing else."""

  def __init__(self, written: str):
    self.lines, column = [""], 0
    self.history = []
    for character in written:
      if character == "\n":
        self.history.append(self.lines[-1])
        self.lines.append("")
      elif character == "\r":
        self.history.append(self.lines[-1])
        column = 0
        continue
      else:
        assert character.isprintable(), repr(character)
        line = self.lines[-1].ljust(column)
        self.lines[-1] = line[:column] + character + line[column + 1 :]
        column += 1
        continue
      column = 0


def on_terminal(script):
  """What a script writes to a terminal."""
  ours, theirs = pty.openpty()
  termios.tcsetwinsize(theirs, (24, 100))
  environment = os.environ | {"PYTHONPATH": str(ROOT)}
  process = subprocess.Popen([sys.executable, "-c", script], stdout=theirs, stderr=theirs, env=environment)
  os.close(theirs)
  written = b""
  while True:
    try:
      some = os.read(ours, 4096)
    except OSError:  # How Linux says that the other end is closed.
      break
    if not some:
      break
    written += some
  os.close(ours)
  assert process.wait() == 0, written
  return written.decode()


def test_on_a_terminal_an_inner_bar_takes_the_line_of_the_outer():
  screen = Screen(on_terminal(SCRIPT))
  lines = [line.rstrip() for line in screen.lines]
  assert lines[:3] == ["a line of the log", "a table", "a table"]
  assert lines[3].startswith("train: 100%") and "3/3" in lines[3] and "a note that makes the line long" in lines[3]
  assert lines[4:] == [""], "the inner bar leaves nothing behind"
  shown = [i for i, line in enumerate(screen.history) if "evaluate" in line]
  assert shown and not any("train" in line or "note" in line for line in screen.history[shown[0] : shown[-1]])


def test_in_a_log_file_lines_in_the_place_of_bars():
  environment = os.environ | {"PYTHONPATH": str(ROOT)}
  done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
  assert done.stdout == "a table\na table\n"
  first, log, last = done.stderr.splitlines()
  assert (first, log) == ("train: step 1 of 3", "a line of the log"), "and none of the short evaluation"
  assert last.startswith("train: step 3 of 3, loss 0.500, a note that makes the line long, ")


def test_lines_come_at_intervals_that_grow(monkeypatch, capsys):
  now = 0.0
  monkeypatch.setattr(progress.time, "monotonic", lambda: now)
  with progress.bar(total=4000, initial=400, desc="train", unit="step") as bar:
    for _ in range(3600):
      now += 1
      bar.update()
  lines = capsys.readouterr().err.splitlines()
  assert lines[0] == "train: step 401 of 4,000"
  assert lines[1] == "train: step 411 of 4,000, 1 steps/s, 1 h 0 min left"
  assert lines[-1] == "train: step 4,000 of 4,000, 1 steps/s"
  steps = [int(line.split()[2].replace(",", "")) for line in lines]
  gaps = [b - a for a, b in zip(steps[:-1], steps[1:-1])]
  assert gaps == sorted(gaps) and gaps[0] == 10 and 200 < gaps[-1] <= 300 and len(lines) < 50


def test_a_refreshed_note_writes_lines_during_a_long_item(monkeypatch, capsys):
  now = 0.0
  monkeypatch.setattr(progress.time, "monotonic", lambda: now)
  with progress.bar(total=3, desc="study", unit="run") as bar:
    for item in range(2):
      for epoch in range(100):
        now += 10
        bar.note(f"epoch {epoch}", refresh=True)
      bar.update()
  lines = capsys.readouterr().err.splitlines()
  assert lines[0] == "study: run 0 of 3, epoch 0" and lines[1] == "study: run 0 of 3, epoch 1"
  assert 20 < len(lines) < 60
  assert lines[-1] == "study: run 2 of 3, epoch 99, 17 min a run, 17 min left", "the rate is over whole items"


@pytest.mark.parametrize(
  "rate, unit, expected",
  [
    (2345.6, "row", "2,346 rows/s"),
    (3.21, "batch", "3.21 batches/s"),
    (0.25, "clip", "4 s a clip"),
    (0.001, "run", "17 min a run"),
  ],
)
def test_rates_as_people_say_them(rate, unit, expected):
  assert progress._format_rate(rate, unit) == expected


@pytest.mark.parametrize("seconds, expected", [(35, "35 s"), (240, "4 min"), (7800, "2 h 10 min")])
def test_durations_as_people_say_them(seconds, expected):
  assert progress._format_duration(seconds) == expected


def test_work_inside_disabled_work_shows_nothing(capsys):
  with progress.bar(total=2, desc="train", unit="step", disable=True) as bar:
    bar.note("loss 0.5")
    for _ in progress.bar([1, 2], desc="evaluate", unit="clip"):
      bar.update()
  assert capsys.readouterr().err == "" and not progress._open


def test_a_failure_closes_the_bars():
  def fail():
    with progress.bar(total=2, desc="train", unit="step"):
      for item in progress.bar([1, 0], desc="evaluate", unit="clip"):
        1 / item

  with pytest.raises(ZeroDivisionError) as error:
    fail()
  del error  # The traceback holds the inner loop's generator.
  gc.collect()
  assert not progress._open
