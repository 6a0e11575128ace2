"""Features in LMDB databases as RULSTM publishes them: one vector a frame, sampled to steps.

A key is VIDEO_frame_NUMBER.jpg, NUMBER of ten digits from 1 on at 30 frames a second; a value is a vector in raw
float32 (of 1,024 from TSN, of 352 from the object detector). RULSTM's loader knows no missing frames: it prints the
key and fails. So does this one, with a message. It reads a regular grid of frames, so it needs a database of all frames
(EPIC-Kitchens: the downloads called "full"); RULSTM's smaller one of EPIC-Kitchens-55 holds only the frames at every
quarter of a second before its actions.
"""

import functools
import math
from pathlib import Path

import numpy as np

from jaxvid.formats.errors import FormatError

FRAMES_A_SECOND = 30

# Flow needs a frame and its neighbours, so that its database may end some frames before the others.
_END_SLACK = 30

_REMEDY = "Copy or download the database again."


class LmdbFeatures:
  """The features of videos; has `load` and `common_dim` of `data_prep.building.features.Features`.

  Step i is of frame 1 + floor(i * stride), up to the last frame that all databases have.

  Args:
    paths: databases, each the folder of a data.mdb, or such a file; the steps of several are joined to one vector.
    stride: frames from one step to the next, 1 or more; not always whole: 7.5 is a quarter of a second.
  """

  def __init__(self, paths, stride) -> None:
    try:
      import lmdb  # Here, not above: only these databases need it.
    except ImportError:
      raise FormatError(
        paths[0], "--lmdb", "LMDB needs lmdb, which is not installed", "pip install 'jaxvid[lmdb]'"
      ) from None
    self._lmdb = lmdb
    self._paths = [Path(path) for path in paths]
    self._stride = stride
    for path in self._paths:
      self._read(path, lambda transaction: None)

  def load(self, name):
    """The features of a video, (T, C), and where they are, for messages.

    Raises:
      FormatError: a database has no frame of the video, lacks one between the first and the last, holds something that
        is no such vector, or ends more than a second before another.
    """
    lasts = {path: self._read(path, functools.partial(_last, path, name)) for path in self._paths}
    last = min(lasts.values())
    if max(lasts.values()) - last > _END_SLACK:
      ends = " and ".join(f"frame {number} in {path}" for path, number in lasts.items())
      raise FormatError(self._paths[0], name, f"ends at {ends}", _REMEDY)
    # The slack is for strides such as 30 * 0.1, which are not quite the numbers they stand for.
    numbers = [1 + int(i * self._stride + 1e-6) for i in range(math.ceil(last / self._stride - 1e-6))]
    parts = [self._read(path, functools.partial(_vectors, path, name, numbers)) for path in self._paths]
    return np.concatenate(parts, axis=1), " + ".join(f"{path}: {name}" for path in self._paths)

  def common_dim(self, names):
    """The dim of the first frame of the first of some videos that all databases have."""
    for name in sorted(names):
      vectors = [self._read(path, functools.partial(_first, name)) for path in self._paths]
      if None not in vectors:
        return sum(len(_vector(path, name, 1, vector)) for path, vector in zip(self._paths, vectors, strict=True))
    problem = f"no first frame of an annotated video, such as {_key(min(names), 1).decode()}"
    raise FormatError(" + ".join(map(str, self._paths)), "--lmdb", problem, "Give RULSTM's databases of this dataset.")

  def _read(self, path, function):
    """What `function` makes of a transaction."""
    if not path.exists():
      raise FormatError(path, "--lmdb", "no such file or folder", "Give the folder of data.mdb.")
    try:
      with (
        self._lmdb.open(str(path), subdir=path.is_dir(), readonly=True, lock=False, readahead=False) as database,
        database.begin() as transaction,
      ):
        return function(transaction)
    except self._lmdb.Error as error:
      raise FormatError(path, "--lmdb", f"not readable as LMDB ({error})", _REMEDY) from None


def _key(name, number):
  return f"{name}_frame_{number:010d}.jpg".encode()


def _first(name, transaction):
  return transaction.get(_key(name, 1))


def _last(path, name, transaction):
  """Number of the last frame of a video: keys are in order, so it is the one before what follows all of them."""
  cursor = transaction.cursor()
  there = cursor.prev() if cursor.set_range(f"{name}_frame_:".encode()) else cursor.last()  # ":" follows "9".
  prefix, suffix = f"{name}_frame_".encode(), b".jpg"
  key = cursor.key() if there else b""
  if not key.startswith(prefix):
    raise FormatError(path, name, f"no frame of it, such as {_key(name, 1).decode()}", _REMEDY)
  number = key.removeprefix(prefix).removesuffix(suffix)
  if not (number.isdigit() and key == _key(name, int(number))):
    raise FormatError(path, name, f"key {key!r} is not like {_key(name, 1).decode()}", _REMEDY)
  return int(number)


def _vectors(path, name, numbers, transaction):
  """(T, C) vectors of some frames of a video."""
  vectors = []
  for number in numbers:
    value = transaction.get(_key(name, number))
    if value is None:
      remedy = "Use a database of all frames: RULSTM's smaller ones have only those before its actions."
      raise FormatError(path, name, f"frame {number} is missing ({_key(name, number).decode()})", remedy)
    vectors.append(_vector(path, name, number, value))
    if len(vectors[-1]) != len(vectors[0]):
      problem = f"frame {number} has {len(vectors[-1])} values, frame {numbers[0]} {len(vectors[0])}"
      raise FormatError(path, name, problem, _REMEDY)
  return np.stack(vectors)


def _vector(path, name, number, value):
  if not value or len(value) % 4:
    raise FormatError(path, name, f"frame {number} holds {len(value)} bytes, no vector of float32", _REMEDY)
  return np.frombuffer(value, "<f4")
