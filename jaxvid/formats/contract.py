"""contract.json: how the features of a folder were extracted. Models take only features of their own contract."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from jaxvid.formats import json_files
from jaxvid.formats.errors import FormatError

FILE = "contract.json"  # In a folder of features, for all of them; `jaxvid extract` writes it.


@dataclasses.dataclass(frozen=True)
class FeatureContract:
  """How a feature sequence was extracted.

  Attributes:
    extractor: name of the feature extractor; "" if unknown.
    weights_hash: hash of its weights; "" if it has none or they are unknown.
    fps: frames (or samples) a second that the extractor saw; None when each recording has its own.
    feat_stride: frames from one step to the next; None when each recording has its own.
    num_frames: frames that one step sees; None when each recording has its own.
    dim: length of a feature vector.
    normalization: of the frames before extraction or of the features after it; "none" for none, "" if unknown.
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
    """The inverse of `to_dict`."""
    return cls(**values)

  @classmethod
  def of_folder(cls, folder: str | os.PathLike) -> "FeatureContract | None":
    """Reads the contract in a folder of features; None if there is no contract.json.

    Raises:
      FormatError: the file cannot be read, or is not a contract.
    """
    file = Path(folder) / FILE
    if not file.is_file():
      return None
    remedy = "Extract the features again, or remove the file."
    found = json_files.read(file, dict[str, Any], "a feature contract", remedy)
    names = [field.name for field in dataclasses.fields(cls)]
    if wrong := sorted(set(names).symmetric_difference(found)):
      there = "unknown" if wrong[0] in found else "missing"
      raise FormatError(file, wrong[0], f"{there}, so this is not a feature contract", remedy)
    try:
      msgspec.convert(found, cls)  # Only checks: its result would turn 4 into 4.0.
    except msgspec.ValidationError as error:
      place, problem = json_files.explain(found, cls, error)
      raise FormatError(file, place, problem, remedy) from None
    return cls(**found)

  def to_dict(self) -> dict[str, Any]:
    """Field -> plain value, as in the file."""
    return dataclasses.asdict(self)

  def differences(self, other: "FeatureContract") -> list[str]:
    """A line for each field in which `other` differs. A field that is None or "" here fits any value."""
    mine, theirs = self.to_dict(), other.to_dict()
    fixed = [name for name in mine if mine[name] not in (None, "")]
    return [f"{name}: {mine[name]!r} against {theirs[name]!r}" for name in fixed if mine[name] != theirs[name]]
