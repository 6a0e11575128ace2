"""The feature contract: what a feature sequence holds, so that a model refuses one that it was not made for."""

import dataclasses
import json
import os
from pathlib import Path

# In a folder of features: the contract of all of them, as jaxvid.extract writes it.
FILE = "contract.json"


@dataclasses.dataclass(frozen=True)
class FeatureContract:
  """How a feature sequence was made.

  Attributes:
    extractor: name of what turned the recording into features; "" when it is not known.
    weights_hash: hash of the extractor's weights; "" when it has none or they are not known.
    fps: frames (or samples) a second that the extractor saw; None when each recording has its own.
    feat_stride: frames from one step to the next; None when each recording has its own.
    num_frames: frames that one step sees; None when each recording has its own.
    dim: length of a feature vector.
    normalization: what was done to the frames before or to the features after extraction; "none" for nothing, "" when
      it is not known.
  """

  extractor: str
  weights_hash: str
  fps: float | None
  feat_stride: float | None
  num_frames: float | None
  dim: int
  normalization: str

  @classmethod
  def from_dict(cls, values):
    return cls(**values)

  @classmethod
  def of_folder(cls, folder: str | os.PathLike) -> "FeatureContract | None":
    """The contract in a folder of features; None where there is none.

    Raises:
      ValueError: the file cannot be read, or is no contract; says which, and what to do.
    """
    file = Path(folder) / FILE
    if not file.is_file():
      return None
    try:
      return cls(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
      raise ValueError(f"{file}: no feature contract ({error}); extract the features again, or remove it") from None

  def to_dict(self):
    return dataclasses.asdict(self)

  def differences(self, other):
    """One line for each field in which `other` differs; what this contract leaves open, None or "", may be anything."""
    mine, theirs = self.to_dict(), other.to_dict()
    fixed = [name for name in mine if mine[name] not in (None, "")]
    return [f"{name}: {mine[name]!r} against {theirs[name]!r}" for name in fixed if mine[name] != theirs[name]]
