"""The command that draws routines: what it leaves, that it goes on where it was stopped, and what it refuses."""

import json
from pathlib import Path

import pytest

from jaxvid import command
from jaxvid.data_prep import routines
from jaxvid.data_prep.stickgym import encode
from jaxvid.video.decode import Video

TINY = "--num_train=1 --num_test=1 --min_actions=2 --max_actions=3 --height=36 --width=48 --fps=8".split()


def draw(folder, *flags):
  command.run(routines.main, [f"--output={folder}", "--num_processes=1", *TINY, *flags])


def contents(folder):
  return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_draws_reports_and_goes_on(tmp_path, capsys):
  draw(tmp_path)
  lines = capsys.readouterr().out.splitlines()
  whole = contents(tmp_path)
  assert set(whole) == {"train_0000.mp4", "test_0000.mp4", "annotations.json", "grammar.json", "made_with.json"}
  database = json.loads(whole["annotations.json"])["database"]
  assert {name: entry["subset"] for name, entry in database.items()} == {"train_0000": "train", "test_0000": "test"}
  for name, entry in database.items():
    video = Video(tmp_path / f"{name}.mp4")
    assert video.num_frames == round(8 * entry["duration"]) and (video.height, video.width) == (36, 48)
    assert 2 <= len(entry["annotations"]) <= 3
  actions = [len(database[name]["annotations"]) for name in ("train_0000", "test_0000")]
  minutes = sum(entry["duration"] for entry in database.values()) / 60
  assert [line.split()[:3] for line in lines[:4]] == [
    ["split", "videos", "actions"],
    ["train", "1", str(actions[0])],
    ["test", "1", str(actions[1])],
    ["total", "2", str(sum(actions))],
  ]
  assert lines[3].split()[3] == f"{minutes:.1f}"
  assert lines[4].endswith(f"{tmp_path}/annotations.json") and lines[5].endswith(f"{tmp_path}/grammar.json")

  # As a run that was stopped leaves it: a video and the lists are not there yet.
  for name in ("train_0000.mp4", "annotations.json", "grammar.json"):
    (tmp_path / name).unlink()
  kept = (tmp_path / "test_0000.mp4").stat().st_mtime_ns
  draw(tmp_path)
  assert contents(tmp_path) == whole and (tmp_path / "test_0000.mp4").stat().st_mtime_ns == kept
  with pytest.raises(SystemExit, match="made_with.json: settings: the videos here are made with others"):
    draw(tmp_path, "--camera=0")


def test_ctrl_c_keeps_what_is_drawn(tmp_path, monkeypatch, capsys):
  write_video = encode.write_video

  def interrupted(path, *settings):
    if Path(path).stem == "test_0000":
      raise KeyboardInterrupt
    write_video(path, *settings)

  monkeypatch.setattr(encode, "write_video", interrupted)
  with pytest.raises(SystemExit) as stop:
    draw(tmp_path)
  assert stop.value.code == 130
  assert capsys.readouterr().err.splitlines()[-1].startswith("Stopped. Videos that are ready are kept")
  assert (tmp_path / "train_0000.mp4").exists() and not (tmp_path / "test_0000.mp4").exists()


@pytest.mark.parametrize(
  "flags, problem",
  [
    (["--min_actions=4"], r"actions: \(4, 3\) is no range"),
    (["--num_train=-1"], "routines: -1 and 1 are too few"),
    (["--num_train=0", "--num_test=0"], "routines: 0 and 0 are too few"),
    (["--height=71"], "height: 71 is odd"),
  ],
)
def test_what_cannot_be_drawn(flags, problem, tmp_path):
  with pytest.raises(SystemExit, match=f"error: .*{problem}"):
    draw(tmp_path, *flags)
  assert not list(tmp_path.iterdir())
