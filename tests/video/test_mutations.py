"""Damaged files end in VideoError or in frames: never in another error, a crash, or a hang."""

import subprocess
import sys

import numpy as np
import pytest

import small_videos
from golden import shared

NUM_COPIES = 200
SECONDS = 120  # For all copies; they take a few.

CHECK = """
import sys
import numpy as np
from jaxvid.video.decode import Video
from jaxvid.video.errors import VideoError

used = 0
for path in sys.argv[1:]:
  for source in (path, open(path, "rb").read()):
    try:
      video = Video(source)
      frames = video.frames(np.linspace(0, video.num_frames - 1, 5).astype(int), size=32)
      assert frames.shape[0] == 5 and len(video.timestamps) == video.num_frames
      assert np.isfinite(video.timestamps).all() and (np.diff(video.timestamps) >= 0).all()
      assert np.isfinite([video.duration, video.fps]).all() and video.fps > 0
      used += 1
    except VideoError as error:
      assert str(error).endswith(".") and error.problem
print(used)
"""


def mutated(data, rng):
  """`data` cut off, with bits flipped, bytes overwritten, or a piece left out."""
  data = bytearray(data)
  kind = rng.integers(5)
  if kind == 0:
    return bytes(data[: rng.integers(len(data))])
  if kind == 1:
    for _ in range(rng.integers(1, 40)):
      data[rng.integers(len(data))] ^= 1 << rng.integers(8)
  elif kind == 2:  # What a container says of itself is at the beginning or at the end.
    for _ in range(rng.integers(1, 20)):
      place = rng.integers(min(len(data), 2000))
      data[rng.choice([place, -1 - place])] = rng.integers(256)
  elif kind == 3:
    place = rng.integers(len(data))
    data[place : place + 1000] = bytes(len(data[place : place + 1000]))
  else:
    place = rng.integers(len(data))
    del data[place : place + rng.integers(1, 300)]
  return bytes(data)


def check(folder, originals, num_copies, seconds):
  rng = np.random.default_rng(0)
  paths = []
  for index in range(num_copies):
    path = folder / f"copy_{index:03}"
    path.write_bytes(mutated(originals[index % len(originals)], rng))
    paths.append(str(path))
  # In another process: a crash of FFmpeg or a hang would take the tests with it.
  command = [sys.executable, "-X", "faulthandler", "-c", CHECK, *paths]
  done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
  assert done.returncode == 0, done.stderr[-3000:]
  assert 0.1 * num_copies < int(done.stdout) < 1.9 * num_copies  # Both outcomes are seen.


def test_mutated_copies_of_small_files(tmp_path):
  settings = {
    "a.mp4": dict(g="8", bf="3", preset="veryfast"),
    "a.mkv": dict(g="8", bf="3", preset="veryfast"),
    "a.avi": dict(codec="mpeg4", g="8", bf="2"),
    "a.webm": dict(codec="libvpx-vp9", g="8"),
    "a.ts": dict(codec="mpeg2video", g="8"),
  }
  originals = [small_videos.write(tmp_path / name, 16, **options).read_bytes() for name, options in settings.items()]
  check(tmp_path, originals, NUM_COPIES, SECONDS)


@pytest.mark.slow
def test_mutated_copies_of_real_files(tmp_path):
  check(tmp_path, [path.read_bytes() for path in sorted(shared("data/videos").iterdir())], NUM_COPIES, 500)
