"""A dataset of sequences about to be built: its recordings, and a function that reads each."""

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
    readers: dict of TFDS split -> a function per recording, which reads it with its features and complete timing.
    contract: FeatureContract of the features.
    class_names: label k is class_names[k].
    aliases: dict of alias -> list of TFDS splits.
    description: a sentence or two about the data.
    dtype: of the features on disk.
    steps_tolerance: see `checks.check_num_steps`.
    notes: remarks on how the dataset was read, a line each; stored in its metadata.
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
