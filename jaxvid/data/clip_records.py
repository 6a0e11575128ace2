"""The records of datasets of clips, and how they are laid out on disk."""

import dataclasses

import numpy as np

_NUMBERS = ("start", "end", "fps", "duration")
_INTEGERS = ("label", "num_frames")


@dataclasses.dataclass(frozen=True)
class Clip:
  """One action, a part of a video file or all of it.

  Attributes:
    id: name of the clip, unique in its split.
    video: the bytes of a video file, as jaxvid.video.decode.Video reads them: the published one, or an encoding of the
      clip alone, as H.264 or as single JPEG pictures.
    label: index into the dataset's class names.
    start, end: of the action in `video`, in seconds; 0 and `duration` where it is the whole.
    group: name of the video that the clip was cut from: clips of one group may resemble each other.
    fps: frames a second of `video`, on average.
    num_frames: of `video`.
    duration: of `video`, in seconds.
  """

  id: str
  video: bytes
  label: int
  start: float
  end: float
  group: str
  fps: float
  num_frames: int
  duration: float


def tensors(metadata, dtype):
  """dict of field -> (shape, type) of what is stored as a tensor."""
  del metadata, dtype
  return dict.fromkeys(_INTEGERS, ((), np.int32)) | dict.fromkeys(_NUMBERS, ((), np.float64))


# Fields that are stored as bytes.
TEXTS = ("id", "video", "group")


def to_example(clip, dtype):
  """The fields of a Clip as they are stored."""
  del dtype
  return (
    {name: getattr(clip, name) for name in TEXTS}
    | {name: np.int32(getattr(clip, name)) for name in _INTEGERS}
    | {name: np.float64(getattr(clip, name)) for name in _NUMBERS}
  )


def from_example(values):
  """A dict with the fields of Clip, from what is stored."""
  return (
    values
    | {name: float(values[name]) for name in _NUMBERS}
    | {name: int(values[name]) for name in _INTEGERS}
    | {name: values[name].decode() for name in ("id", "group")}
  )
