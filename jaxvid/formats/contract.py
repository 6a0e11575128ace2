"""contract.json: what the feature sequences of a folder hold, so that a model refuses others than it was made for."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from jaxvid.formats import json_files
from jaxvid.formats.errors import FormatError

FILE = "contract.json"  # In a folder of features: the contract of all of them, as jaxvid.extract writes it.


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
  def from_dict(cls, values: Mapping[str, Any]) -> "FeatureContract":
    """The contract of `to_dict`."""
    return cls(**values)

  @classmethod
  def of_folder(cls, folder: str | os.PathLike) -> "FeatureContract | None":
    """The contract in a folder of features; None where there is none.

    Raises:
      FormatError: the file cannot be read, or is no contract; says which, and what to do.
    """
    file = Path(folder) / FILE
    if not file.is_file():
      return None
    remedy = "Extract the features again, or remove the file."
    found = json_files.read(file, dict[str, Any], "a feature contract", remedy)
    names = [field.name for field in dataclasses.fields(cls)]
    if wrong := sorted(set(names).symmetric_difference(found)):
      there = "unknown" if wrong[0] in found else "missing"
      raise FormatError(file, wrong[0], f"{there}, so this is no feature contract", remedy)
    try:
      msgspec.convert(found, cls)  # Whose result would have 4.0 for 4.
    except msgspec.ValidationError as error:
      place, problem = json_files.explained(found, cls, error)
      raise FormatError(file, place, problem, remedy) from None
    return cls(**found)

  def to_dict(self) -> dict[str, Any]:
    """Plain values."""
    return dataclasses.asdict(self)

  def differences(self, other: "FeatureContract") -> list[str]:
    """One line for each field in which `other` differs; what this contract leaves open, None or "", may be anything."""
    mine, theirs = self.to_dict(), other.to_dict()
    fixed = [name for name in mine if mine[name] not in (None, "")]
    return [f"{name}: {mine[name]!r} against {theirs[name]!r}" for name in fixed if mine[name] != theirs[name]]
