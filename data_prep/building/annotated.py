"""A dataset's annotations, in one form for all formats: recordings by split, and the actions in each."""

import collections
import dataclasses
import functools
from collections.abc import Callable

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.records import Recording


@dataclasses.dataclass(frozen=True)
class Annotated:
  """The annotations of a dataset.

  Attributes:
    file: path that they were read from, for messages.
    class_names: label k is class_names[k].
    recordings: dict of TFDS split -> dict of recording's name -> function that reads it, and raises BadInput if it is
      bad.
    metadata: further metadata of the dataset, a JSON-able dict.
    remarks: notes on how the annotations were read, a line each; stored with the dataset.
  """

  file: str
  class_names: list[str]
  recordings: dict[str, dict[str, Callable[[], Recording]]]
  metadata: dict = dataclasses.field(default_factory=dict)
  remarks: tuple[str, ...] = ()

  def notes(self) -> list[str]:
    """The remarks, and how many annotations were left out and why, a line each."""
    totals = collections.Counter()
    for recording in self.readable:
      totals["repeated"] += recording.num_repeated
      totals["too short"] += recording.num_too_short
    kinds = {"repeated": "the same action within 1 ms", "too short": "under 1 ms"}
    left_out = [f"annotations left out as {kind}: {totals[kind]} ({kinds[kind]})" for kind in kinds if totals[kind]]
    return [*self.remarks, *left_out]

  @functools.cached_property
  def readable(self) -> list[Recording]:
    """All recordings but the bad ones."""
    read = []
    for readers in self.recordings.values():
      for reader in readers.values():
        try:
          read.append(reader())
        except BadInput:
          continue
    return read

  def without(self, *splits: str) -> "Annotated":
    """A copy without some splits.

    Raises:
      BadInput: no split is left.
    """
    kept = {split: named for split, named in self.recordings.items() if split not in splits}
    if not kept:
      problem = f"none of a known subset, only of {', '.join(self.recordings)}"
      raise BadInput(self.file, "recordings", problem, "Check that the file belongs to the dataset.")
    return dataclasses.replace(self, recordings=kept)
