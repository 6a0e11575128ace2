"""What a dataset's reader hands to the build: which recordings there are, and how to read each."""

import dataclasses
from collections.abc import Callable

from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Recording

TIMING = ("fps", "feat_stride", "num_frames")

# How far a recording's number of steps may be from what its duration makes it, as a share of that.
STEPS_TOLERANCE = 0.05


@dataclasses.dataclass(frozen=True)
class Plan:
  """A dataset about to be built.

  Attributes:
    readers: dict of TFDS split -> one callable a recording, which reads it with its features and whole timing.
    contract: FeatureContract of the features.
    class_names: label k is class_names[k].
    aliases: dict of alias -> list of TFDS splits.
    description: a sentence or two about the data.
    dtype: of the features on disk.
    steps_tolerance: see `checks.check_num_steps`.
    notes: what was noticed while reading, for people; kept in the dataset's metadata.
    metadata: further JSON-able metadata of the dataset, by key.
  """

  readers: dict[str, list[Callable[[], Recording]]]
  contract: FeatureContract
  class_names: list[str]
  aliases: dict[str, list[str]]
  description: str
  dtype: str
  steps_tolerance: float = STEPS_TOLERANCE
  notes: list[str] = dataclasses.field(default_factory=list)
  metadata: dict = dataclasses.field(default_factory=dict)
