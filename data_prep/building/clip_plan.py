"""A dataset of clips about to be built: which clips it has, and the video file of each."""

import dataclasses
from pathlib import Path

from jaxvid.data_prep.building.checks import BadInput


@dataclasses.dataclass(frozen=True)
class ClipItem:
  """One clip, as published, not yet looked at.

  Attributes:
    id: its name, unique in its split.
    split: TFDS split.
    file: the video that it is in; None where there is none.
    label: index into the class names.
    group: name of the video that it was cut from.
    where: its place in the published files, for messages: "train.csv: line 17".
    start, end: seconds of `file`; None for its beginning and its end.
  """

  id: str
  split: str
  file: Path | None
  label: int
  group: str
  where: str
  start: float | None = None
  end: float | None = None

  @property
  def video(self) -> Path:
    """`file` of an item that has one."""
    assert self.file is not None, self.id
    return self.file


@dataclasses.dataclass(frozen=True)
class ClipPlan:
  """A dataset of clips about to be built.

  Attributes:
    items: the clips, in the order in which they are written.
    class_names: label k is class_names[k].
    description: a sentence or two about the data.
    aliases: dict of alias -> list of TFDS splits, beside those that the dataset always has.
    bad: a BadInput for each published entry that cannot become an item.
    notes: remarks on how the dataset was read, a line each; stored in its metadata.
  """

  items: list[ClipItem]
  class_names: list[str]
  description: str
  aliases: dict[str, list[str]] = dataclasses.field(default_factory=dict)
  bad: list[BadInput] = dataclasses.field(default_factory=list)
  notes: list[str] = dataclasses.field(default_factory=list)
