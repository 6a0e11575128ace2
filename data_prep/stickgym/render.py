"""Drawing stickgym's videos in several processes, into a folder with their settings (made_with.json)."""

import dataclasses
import functools
import json
import os
from pathlib import Path
from typing import Any

from jaxvid import files, progress
from jaxvid.data_prep import processes
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.stickgym import encode, video
from jaxvid.data_prep.stickgym.settings import Settings

VERSION = "1.0.0"  # Raise it when a seed gives other videos.
SPLITS = ("train", "test")
MADE_WITH = "made_with.json"


@dataclasses.dataclass(frozen=True)
class Job:
  """A video to draw.

  Attributes:
    path: of the file.
    seed: of everything but the actions.
    labels: classes of its actions; one for a clip.
    routine: whether it is a routine, and not a clip.
  """

  path: str
  seed: tuple[int, ...]
  labels: tuple[int, ...]
  routine: bool


def write_folder(
  folder: Path, made_with: dict[str, Any], jobs: list[Job], settings: Settings, num_processes: int | None
) -> None:
  """Draws the videos that are not there yet.

  Args:
    folder: of the videos, made if need be.
    made_with: what they are drawn with beside the settings, JSON-able.
    jobs: the videos.
    settings: sizes and nuisances.
    num_processes: None for one a core.

  Raises:
    BadInput: the folder has videos of other settings.
  """
  _claim(folder, made_with, settings)
  _write_videos(jobs, settings, num_processes)


def _claim(folder: Path, made_with: dict[str, Any], settings: Settings) -> None:
  """Writes made_with.json, or refuses a folder whose made_with.json says something else."""
  made_with = {"version": VERSION, **made_with, "settings": dataclasses.asdict(settings)}
  file = folder / MADE_WITH
  if not file.exists():
    files.write_json(file, made_with)
  elif json.loads(file.read_text()) != json.loads(json.dumps(made_with)):
    raise BadInput(file, "settings", "the videos here are made with others", "Give another folder, or remove this one.")


def _write_videos(jobs: list[Job], settings: Settings, num_processes: int | None) -> None:
  write = functools.partial(_write_video, settings=settings)
  missing = [job for job in jobs if not os.path.exists(job.path)]
  show = functools.partial(progress.bar, total=len(missing), unit="video", desc="stickgym")
  num_processes = min(num_processes or os.cpu_count() or 1, len(missing))
  if num_processes <= 1:
    for job in show(missing):
      write(job)
    return
  with processes.pool(num_processes) as pool:
    for _ in show(pool.map(write, missing, chunksize=4)):
      pass


def _write_video(job: Job, settings: Settings) -> None:
  if job.routine:
    _, frames = video.film_routine(job.seed, job.labels, settings)
  else:
    _, frames = video.film_clip(job.seed, job.labels[0], settings)
  encode.write_video(job.path, frames, settings.fps, settings.crf)
