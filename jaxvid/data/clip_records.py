"""Storage of the records of a dataset of clips: from `Clip` to stored fields and back."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jaxvid.records import Clip

_NUMBERS = ("start", "end", "fps", "duration")
_INTEGERS = ("label", "num_frames")


def tensors(metadata: dict[str, Any], dtype: DTypeLike) -> dict[str, tuple[tuple, Any]]:
  """Field -> (shape, dtype) of the fields that are stored as tensors."""
  del metadata, dtype
  return dict.fromkeys(_INTEGERS, ((), np.int32)) | dict.fromkeys(_NUMBERS, ((), np.float64))


# Fields that are stored as bytes.
TEXTS = ("id", "video", "group")


def to_example(clip: Clip, dtype: DTypeLike) -> dict[str, Any]:
  """Converts a Clip to the fields that are stored."""
  del dtype
  return (
    {name: getattr(clip, name) for name in TEXTS}
    | {name: np.int32(getattr(clip, name)) for name in _INTEGERS}
    | {name: np.float64(getattr(clip, name)) for name in _NUMBERS}
  )


def from_example(values: dict[str, Any]) -> dict[str, Any]:
  """Converts stored fields to a dict with the fields of Clip."""
  return (
    values
    | {name: float(values[name]) for name in _NUMBERS}
    | {name: int(values[name]) for name in _INTEGERS}
    | {name: values[name].decode() for name in ("id", "group")}
  )
