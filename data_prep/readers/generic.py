"""Reads annotations of anyone's own recordings."""

import argparse
from pathlib import Path

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.readers import activitynet
from jaxvid.formats import class_names
from jaxvid.video.container import SUFFIXES


def read(source: str | Path, config: str, flags: argparse.Namespace) -> Annotated:
  """The annotations; a folder of clips, which it is not for, is told."""
  if not flags.annotations and _holds_clips(Path(source)):
    problem = "holds videos or a table of them, and this is for features"
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
  """Whether a folder is one for `clip_folder`, rather than features that lack their annotations."""
  if any(source.glob("*.json")):
    return False
  return any(source.glob("*.csv")) or any(path.suffix.lower() in SUFFIXES for path in source.rglob("*"))
