"""FineGym's elements as clips: which video file each is in, and where."""

import argparse
import re
from pathlib import Path

from jaxvid.data_prep.building import clip_sources
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipItem, ClipPlan
from jaxvid.formats import finegym
from jaxvid.formats.finegym import Annotations, Element

NUM_CLASSES = {"gym99": 99, "gym288": 288}


def read(source: str | Path, config: str, flags: argparse.Namespace) -> ClipPlan:
  """The elements in the lists of a configuration; `flags` has lists, videos and annotations.

  Raises:
    BadInput: a list or the annotations cannot be read.
  """
  names = finegym.categories(clip_sources.file_beside(source, f"{config}_categories.txt"), NUM_CLASSES[config])
  videos = clip_sources.video_files(flags.videos or source)
  annotations = finegym.annotations(flags.annotations) if flags.annotations else None
  items, bad = [], []
  for split, file in {"train": f"{config}_train_element_{flags.lists}.txt", "val": f"{config}_val_element.txt"}.items():
    path = clip_sources.file_beside(source, file)
    for element in finegym.elements(path, len(names)):
      try:
        items.append(_item(element, f"{path.name}: line {element.line}", split, videos, annotations))
      except BadInput as error:
        bad.append(error)
  description = f"FineGym, {config}: elements of gymnastics; training list {flags.lists}."
  notes = [f"training list {flags.lists}", f"times of {'annotations' if annotations else 'the ids, whole seconds'}"]
  return ClipPlan(items, names, description, bad=bad, notes=notes)


def _item(
  element: Element, where: str, split: str, videos: dict[str, Path], annotations: Annotations | None
) -> ClipItem:
  """The clip of an element: a cut video of its name, or else a part of the whole video.

  Raises:
    BadInput: the annotations do not have its times.
  """

  def item(file: Path | None, start: float | None = None, end: float | None = None) -> ClipItem:
    return ClipItem(element.id, split, file, element.label, element.video, where, start, end)

  for stem in (element.id, re.sub("_[EA]_", "_", element.id)):
    if stem in videos:
      return item(videos[stem])
  start, end = annotations.times(element) if annotations else (element.start, element.end)
  return item(videos.get(element.video), start, end)
