"""Builds datasets of clips, and reads what was built."""

import json
import shutil

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build


def run(name, source, data_dir, *flags):
  command.run(build.main, [name, f"--source={source}", f"--data_dir={data_dir}", "--num_processes=1", *flags])


def clips(data_dir, name, split="train"):
  source = store.open_dataset(data_dir, name, split, kind="clips")
  return [source[index] for index in range(len(source))]


def manifest(data_dir, name):
  return json.loads((store.dataset_folder(data_dir, name) / "manifest.json").read_text())


def place(video, *paths):
  """Copies a video to each path, with the video's ending."""
  for path in paths:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(video, f"{path}{video.suffix}")
