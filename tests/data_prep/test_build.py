import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build
from jaxvid.formats import feature_files

ROOT = Path(__file__).parents[2]


def run(source, data_dir, *flags):
  command.run(build.main, ["thumos14", f"--source={source}", f"--data_dir={data_dir}", *flags])


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_the_datasets(arguments, capsys):
  with pytest.raises(SystemExit) as stop:
    command.run(build.main, arguments)
  assert stop.value.code == 0
  text = capsys.readouterr().out
  assert "jaxvid build NAME --source=PATH" in text
  for name in ("hapt", "thumos14"):
    assert f"\n{name} " in text


def test_help_of_a_dataset_teaches_its_layout_and_flags(capsys):
  with pytest.raises(SystemExit) as stop:
    command.run(build.main, ["thumos14", "--help"])
  assert stop.value.code == 0
  text = capsys.readouterr().out
  for part in ("NAME.npy", "--source", "--data_dir", "--skip_bad", "--overwrite", "--annotations", "--feat_stride"):
    assert part in text


def test_unknown_dataset():
  with pytest.raises(
    SystemExit, match="unknown dataset 'thumos'; did you mean thumos14\\? There are: .*hapt, .*thumos14"
  ):
    command.run(build.main, ["thumos", "--source=."])


def test_the_name_comes_first():
  with pytest.raises(SystemExit, match="name comes first: jaxvid build NAME --source=x"):
    command.run(build.main, ["--source=x", "hapt"])


def test_an_unknown_flag_is_named_before_the_missing_name(capsys):
  with pytest.raises(SystemExit) as stop:
    command.run(build.main, ["--overwrit", "hapt"])
  assert stop.value.code == 2
  assert capsys.readouterr().err.splitlines()[0] == "error: unknown flag --overwrit; did you mean --overwrite?"


def test_ctrl_c_leaves_no_dataset_and_says_how_to_go_on(thumos14_source, tmp_path, monkeypatch, capsys):
  def interrupted(file):
    raise KeyboardInterrupt

  monkeypatch.setattr(feature_files, "load", interrupted)
  with pytest.raises(SystemExit) as stop:
    run(thumos14_source, tmp_path)
  assert stop.value.code == 130
  assert capsys.readouterr().err.splitlines()[-1] == "Stopped. There is no new dataset; the same command makes it."
  assert not list(tmp_path.glob("thumos14/*"))


def test_missing_source(tmp_path):
  with pytest.raises(SystemExit, match="absent: --source: no such file or folder. Give the path"):
    run(tmp_path / "absent", tmp_path / "data")
  assert not (tmp_path / "data").exists()


def test_report(thumos14_source, tmp_path, capsys):
  run(thumos14_source, tmp_path)
  lines = capsys.readouterr().out.splitlines()
  # 33.7 s and 60 s at 30 fps make 249 and 447 steps, 20 s make 147.
  assert [line.split() for line in lines[:4]] == [
    ["split", "records", "steps", "segments"],
    ["validation", "2", "696", "3"],
    ["test", "1", "147", "1"],
    ["total", "3", "843", "4"],
  ]
  assert lines[-1] == f"The dataset is in {tmp_path / 'thumos14' / 'default' / '1.0.0'}"


def test_a_command_that_fails_says_why_in_one_line_and_exits_with_1(thumos14_source, tmp_path):
  (thumos14_source / "video_test_0000001.npy").unlink()
  command = [
    sys.executable,
    "-m",
    "data_prep.build",
    "thumos14",
    f"--source={thumos14_source}",
    f"--data_dir={tmp_path / 'data'}",
  ]
  done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
  assert done.returncode == 1
  assert "Traceback" not in done.stderr
  message = done.stderr.splitlines()[-1]
  assert "video_test_0000001.npy: features: no such file" in message and message.endswith("--skip_bad.")


def test_overwrite_is_asked_for(thumos14_source, tmp_path):
  run(thumos14_source, tmp_path)
  with pytest.raises(SystemExit, match=r"thumos14/default/1.0.0 exists; give --overwrite"):
    run(thumos14_source, tmp_path)
  np.save(thumos14_source / "video_test_0000001.npy", np.ones((147, 4), np.float32))
  run(thumos14_source, tmp_path, "--overwrite")
  assert (store.open_dataset(tmp_path, "thumos14", "test")[0]["features"] == 1).all()


def test_a_failed_overwrite_leaves_the_old_dataset(thumos14_source, tmp_path):
  run(thumos14_source, tmp_path / "data")
  (thumos14_source / "video_validation_0000002.npy").unlink()
  with pytest.raises(SystemExit, match="no such file"):
    run(thumos14_source, tmp_path / "data", "--overwrite")
  assert len(store.open_dataset(tmp_path / "data", "thumos14", "train")) == 2
  assert [path.name for path in (tmp_path / "data").iterdir()] == ["thumos14"]


def test_skipping_everything_is_an_error(thumos14_source, tmp_path):
  annotations = thumos14_source / "thumos14.json"
  annotations.write_text(annotations.read_text().replace('"duration": ', '"duration": -'))
  with pytest.raises(SystemExit, match="all of them are bad. Build without --skip_bad"):
    run(thumos14_source, tmp_path / "data", "--skip_bad")
  assert not (tmp_path / "data").exists()


KILLED = """
import os, signal, sys
from jaxvid.data_prep import build
from jaxvid.formats import feature_files
from jaxvid.formats import feature_files

load = feature_files.load
def load_or_die(file):
  # Both splits have their first record by now; the second of "validation" is read while the shards are written.
  if file.stem == "video_validation_0000002":
    print(os.listdir(sys.argv[2]), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
  return load(file)
feature_files.load = load_or_die
build.main(["thumos14", "--source=" + sys.argv[1], "--data_dir=" + sys.argv[2]])
"""


def test_a_killed_build_leaves_no_dataset_that_opens(thumos14_source, tmp_path):
  command = [sys.executable, "-c", KILLED, str(thumos14_source), str(tmp_path)]
  done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
  assert done.returncode == -signal.SIGKILL, done.stderr
  assert ".building-thumos14-" in done.stdout  # It died while it wrote.
  with pytest.raises(FileNotFoundError, match="jaxvid build thumos14"):
    store.open_dataset(tmp_path, "thumos14", "train")
  run(thumos14_source, tmp_path)  # What is left of it is not in the way.
  assert len(store.open_dataset(tmp_path, "thumos14", "train")) == 2
