"""Annotations of anyone's own recordings."""

import argparse
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.readers import activitynet
from jaxvid.formats import class_names
from jaxvid.video.container import SUFFIXES


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """Reads the file --annotations, or the one .json file in the source.

  Raises:
    BadInput: the file is bad; or the source holds clips of video, which `clip_folder` is for.
  """
  if not flags.annotations and _holds_clips(Path(source)):
    problem = "holds videos or a table of them; features are expected here"
    raise BadInput(source, "--source", problem, f"Build clips of one action each with clip_folder/{config}.")
  return activitynet.read(
    source,
    flags,
    names=class_names.lines(flags.class_names) if flags.class_names else None,
    num_classes=flags.num_classes,
    single_class=flags.single_class,
    drop_repeated=flags.drop_repeated,
  )


def _holds_clips(source: Path) -> bool:
  """Whether a folder holds clips of video, and not features whose annotations are missing."""
  if any(source.glob("*.json")):
    return False
  return any(source.glob("*.csv")) or any(path.suffix.lower() in SUFFIXES for path in source.rglob("*"))
