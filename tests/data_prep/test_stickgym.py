"""Clips and routines: determined by their seed, written as real videos, and not to be told apart by their frames."""

import argparse
import csv
import hashlib
import json

import av
import numpy as np
import pytest

from jaxvid import command
from jaxvid.data_prep import build, dataset
from jaxvid.data_prep.building import activitynet_json
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.stickgym import clips as stickgym_clips
from jaxvid.data_prep.stickgym import flags as stickgym_flags
from jaxvid.data_prep.stickgym import grammar, motion, untrimmed, video
from jaxvid.data_prep.stickgym.settings import NUISANCES, Settings, of_difficulty

QUICK = Settings(height=36, width=48, fps=8, seconds=(1.0, 1.2))
NAMES = list(motion.NAMES)


def decoded(file):
  with av.open(str(file)) as container:
    return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("label", [0, 4, 8])
def test_the_seed_decides_a_clip(label):
  clip = video.draw_clip(3, label, QUICK)
  assert clip.dtype == np.uint8 and clip.shape[1:] == (36, 48, 3)
  np.testing.assert_array_equal(clip, video.draw_clip(3, label, QUICK))
  other = video.draw_clip(4, label, QUICK)
  assert clip.shape != other.shape or (clip != other).any()


def test_partners_of_one_seed_differ_in_the_action_alone():
  one, other = (video.draw_clip(5, NAMES.index(name), QUICK) for name in motion.PAIRS["one or two rotations"][0])
  assert one.shape == other.shape and (one != other).any()
  # Before anything happens the frames are the same, but for how far ahead the camera goes with the figure.
  assert np.abs(one[0].astype(float) - other[0]).mean() < 2


@pytest.mark.parametrize("nuisance", NUISANCES)
def test_each_nuisance_changes_the_video(nuisance):
  quiet = {name: 0.0 for name in NUISANCES}
  size = {"height": 36, "width": 48, "fps": 8}
  clip = video.draw_clip(7, 9, Settings(**quiet, **size))
  changed = video.draw_clip(7, 9, Settings(**quiet | {nuisance: 1.0}, **size))
  assert clip.shape != changed.shape or np.abs(clip.astype(int) - changed).max() > 2


def test_difficulties():
  assert of_difficulty("normal") == Settings()
  easy = dict.fromkeys(NUISANCES, 0.5) | {"noise": 0.0, "mirror": 0.0}
  assert of_difficulty("easy", noise=0.0, fps=8) == Settings(**easy, fps=8)
  assert [of_difficulty(name).mirror for name in ("none", "normal", "hard")] == [0, 0, 1]
  with pytest.raises(BadInput, match="'extreme' is unknown. Use one of: none, easy, normal, hard"):
    of_difficulty("extreme")


def test_flags_make_settings():
  parser = argparse.ArgumentParser()
  dataset.load("stickgym").add_flags(parser)
  assert stickgym_flags.settings_of(parser.parse_args([])) == Settings()
  flags = parser.parse_args(["--difficulty=hard", "--clutter=0", "--height=64", "--num_train=24"])
  assert stickgym_flags.settings_of(flags) == of_difficulty("hard", clutter=0.0, height=64)
  assert (flags.seed, flags.num_train, flags.tail_ratio) == (0, 24, 1.0)


@pytest.mark.parametrize(
  "wrong", [{"height": 71}, {"width": 16}, {"fps": 0}, {"seconds": (3, 2)}, {"crf": 60}, {"view": -1}]
)
def test_wrong_settings_are_named(wrong):
  with pytest.raises(BadInput, match=f"stickgym settings: {next(iter(wrong))}: .*[.]"):
    Settings(**wrong)


@pytest.mark.parametrize("flag", ["--height=71", "--num_train=5", "--tail_ratio=0", "--num_processes=0"])
def test_wrong_flags_give_one_line(flag, tmp_path):
  with pytest.raises(SystemExit, match="^error: .*(height|clips|tail ratio|num_processes): .*[.]$"):
    command.run(build.main, ["stickgym", f"--data_dir={tmp_path}", "--num_processes=1", flag])
  assert not list(tmp_path.glob("**/*.mp4"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
  folder = tmp_path_factory.mktemp("clips")
  stickgym_clips.render_clips(folder, 0, 13, 12, QUICK, num_processes=1)
  return folder


def files_in(folder):
  """dict of name -> hash of the file."""
  files = (path for path in folder.rglob("*") if path.is_file())
  return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_file_of_the_table_is_a_video_of_the_drawn_frames(clips):
  with open(clips / "clips.csv", newline="") as stream:
    rows = list(csv.DictReader(stream))
  assert list(rows[0]) == ["file", "label", "start", "end", "split"]
  assert [row["split"] for row in rows] == ["train"] * 13 + ["test"] * 12
  assert {row["label"] for row in rows} == set(NAMES)
  assert {row["file"] for row in rows} == {str(path.relative_to(clips)) for path in clips.rglob("*.mp4")}
  assert all(row["file"].startswith(f"{row['label']}/{row['split']}_") for row in rows)
  row = rows[6]
  drawn = video.draw_clip((0, 0, 0, 6), NAMES.index(row["label"]), QUICK)
  decoded_frames = decoded(clips / row["file"])
  assert len(decoded_frames) == len(drawn)
  assert np.abs(np.stack(decoded_frames).astype(float) - drawn).mean() < 12
  with av.open(str(clips / row["file"])) as container:
    stream = container.streams.video[0]
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert (stream.average_rate, stream.frames) == (8, len(drawn))


def test_a_stopped_run_goes_on_and_processes_do_not_matter(clips, tmp_path):
  stickgym_clips.render_clips(tmp_path, 0, 13, 12, QUICK, num_processes=1)
  whole = files_in(clips)
  assert files_in(tmp_path) == whole
  kept, *lost = sorted(tmp_path.rglob("*.mp4"))
  before = kept.stat().st_mtime_ns
  for file in lost[:5]:
    file.unlink()
  stickgym_clips.render_clips(tmp_path, 0, 13, 12, QUICK, num_processes=2)
  assert files_in(tmp_path) == whole
  assert kept.stat().st_mtime_ns == before


def test_a_folder_of_other_settings_is_refused(clips):
  with pytest.raises(BadInput, match="made_with.json: settings: the videos here are made with others. Give another"):
    stickgym_clips.render_clips(clips, 1, 13, 12, QUICK)


def test_clip_counts():
  assert stickgym_clips.clip_counts(240).tolist() == [20] * 12
  assert sorted(stickgym_clips.clip_counts(245).tolist()) == [20] * 7 + [21] * 5
  tail = stickgym_clips.clip_counts(2000, ratio=20, seed=1)
  assert tail.sum() == 2000
  assert 15 < tail.max() / tail.min() <= 20
  np.testing.assert_allclose(np.diff(np.log(np.sort(tail))), np.log(20) / 11, atol=0.05)
  assert (np.argsort(tail) != np.argsort(stickgym_clips.clip_counts(2000, ratio=20, seed=2))).any()
  assert (stickgym_clips.clip_counts(12, ratio=1000) == 1).all()
  with pytest.raises(BadInput, match="11 are too few for 12 classes"):
    stickgym_clips.clip_counts(11)
  with pytest.raises(BadInput, match="tail ratio: 0.5 is under 1"):
    stickgym_clips.clip_counts(100, ratio=0.5)


@pytest.fixture(scope="module")
def routines(tmp_path_factory):
  folder = tmp_path_factory.mktemp("routines")
  untrimmed.render_untrimmed(folder, 0, 2, 1, QUICK, num_actions=(4, 6), num_processes=1)
  return folder


def test_annotations_fit_the_videos(routines):
  annotated = activitynet_json.read(routines / "annotations.json", names=NAMES)
  assert {split: list(named) for split, named in annotated.recordings.items()} == {
    "train": ["train_0000", "train_0001"],
    "test": ["test_0000"],
  }
  for named in annotated.recordings.values():
    for name, read in named.items():
      recording = read()
      assert len(decoded(routines / f"{name}.mp4")) == round(recording.timing.duration * 8)
      assert 4 <= len(recording.actions) <= 6
      times = [time for action in recording.actions for time in (action.start, action.end)]
      assert times == sorted(times) and times[0] > 0 and times[-1] < recording.timing.duration
      assert all(action.label in NAMES for action in recording.actions)
  assert grammar.from_json(json.loads((routines / "grammar.json").read_text())).class_names == tuple(NAMES)


def test_the_figure_moves_in_its_segments_and_never_jumps():
  performed, _ = video.film_routine(2, [8, 11, 5, 0, 9, 7, 3, 8], Settings(fps=64, seconds=(2.2, 2.2)))
  moved = np.linalg.norm(np.diff(performed.track.pelvis, axis=0), axis=1)
  turned = np.abs(np.diff(performed.track.angles, axis=0)).max(axis=1)
  assert moved.max() < 0.3 and turned.max() < 0.6
  for start, end in performed.segments:
    assert turned[start : end - 1].mean() > 0.005
    assert moved[end : end + 4].max() == 0 and turned[end : end + 4].max() == 0
