"""Features in RULSTM's LMDB databases: a vector for each frame, subsampled to steps.

A key is VIDEO_frame_NUMBER.jpg, NUMBER of ten digits from 1 on at 30 frames a second; a value is a vector in raw
float32 (1,024 numbers from TSN, 352 from the object detector). A missing frame is an error, as in RULSTM's loader. The
steps lie on a regular grid, so the database must have all frames (EPIC-Kitchens: the downloads called "full"); RULSTM's
smaller one of EPIC-Kitchens-55 has only the frames at every quarter of a second before its actions.
"""

import functools
import math
from pathlib import Path

import numpy as np

from jaxvid.formats.errors import FormatError

FRAMES_A_SECOND = 30

# Frames by which one database may end before another: flow needs a frame and its neighbours, so it ends earlier.
_END_SLACK = 30

_REMEDY = "Copy or download the database again."


class LmdbFeatures:
  """Features in LMDB databases, by video name; stands in for `data_prep.building.features.Features`.

  Step i is frame 1 + floor(i * stride), up to the last frame that all databases have.

  Args:
    paths: databases, each a data.mdb or its folder; the vectors of several are concatenated.
    stride: frames from one step to the next, at least 1; may be a fraction: 7.5 is a quarter of a second.

  Raises:
    FormatError: a database cannot be read, or lmdb is not installed.
  """

  def __init__(self, paths, stride) -> None:
    try:
      import lmdb  # Here, not above: an optional package.
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
    """Features of a video, (T, C), and their place, for messages.

    Raises:
      FormatError: a database has no frame of the video, lacks a frame in between, holds a value that is not a vector of
        float32, or ends more than a second before another.
    """
    lasts = {path: self._read(path, functools.partial(_last_number, path, name)) for path in self._paths}
    last = min(lasts.values())
    if max(lasts.values()) - last > _END_SLACK:
      ends = " and ".join(f"frame {number} in {path}" for path, number in lasts.items())
      raise FormatError(self._paths[0], name, f"ends at {ends}", _REMEDY)
    # 1e-6 makes up for rounding: a stride such as 30 * 0.1 is not exactly the number it stands for.
    numbers = [1 + int(i * self._stride + 1e-6) for i in range(math.ceil(last / self._stride - 1e-6))]
    parts = [self._read(path, functools.partial(_vectors, path, name, numbers)) for path in self._paths]
    return np.concatenate(parts, axis=1), " + ".join(f"{path}: {name}" for path in self._paths)

  def common_dim(self, names):
    """C, from the first frame of the first of `names` that all databases have; FormatError if none is."""
    for name in sorted(names):
      vectors = [self._read(path, functools.partial(_first_value, name)) for path in self._paths]
      if None not in vectors:
        return sum(len(_vector(path, name, 1, vector)) for path, vector in zip(self._paths, vectors, strict=True))
    problem = f"no first frame of an annotated video, such as {_key(min(names), 1).decode()}"
    raise FormatError(" + ".join(map(str, self._paths)), "--lmdb", problem, "Give RULSTM's databases of this dataset.")

  def _read(self, path, function):
    """Opens a database and returns function(transaction)."""
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
  """Key of a frame."""
  return f"{name}_frame_{number:010d}.jpg".encode()


def _first_value(name, transaction):
  """The bytes of a video's first frame, or None."""
  return transaction.get(_key(name, 1))


def _last_number(path, name, transaction):
  """Number of a video's last frame. Keys are sorted, so it is the key before the first one that follows the video's."""
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
  """Vectors (T, C) of the T frames `numbers` of a video."""
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
  """(C,) float32 from the bytes of a frame."""
  if not value or len(value) % 4:
    raise FormatError(path, name, f"frame {number} holds {len(value)} bytes, not a vector of float32", _REMEDY)
  return np.frombuffer(value, "<f4")
