"""HAPT's text files, in its folder or its archive (UCI, "Smartphone-Based Recognition of Human Activities and Postural
Transitions").

  RawData/acc_expNN_userNN.txt, RawData/gyro_expNN_userNN.txt   three numbers a line, a line a sample, 50 a second
  RawData/labels.txt                                            experiment, subject, activity, first and last sample
  activity_labels.txt                                           number and name of an activity a line
  Train/subject_id_train.txt, Test/subject_id_test.txt          the subject of each published window
"""

import collections
import dataclasses
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from jaxvid.formats.errors import FormatError

_WANTED = re.compile(r"(RawData/\w+|activity_labels|Train/subject_id_train|Test/subject_id_test)\.txt$")


@dataclasses.dataclass(frozen=True)
class Label:
  """A line of labels.txt: samples `first` to `last` of an experiment, counted from 1, both included."""

  line: int
  activity: int
  first: int
  last: int


@dataclasses.dataclass(frozen=True)
class Files:
  """The text files that the dataset is made of. Every method raises FormatError where a file is missing or bad.

  Attributes:
    source: the folder or archive, for messages.
    contents: dict of path in the published folder -> bytes.
  """

  source: str
  contents: dict[str, bytes]

  def signal(self, sensors: Sequence[str], experiment: int, subject: int) -> np.ndarray:
    """(N, 3 * sensors) float32 samples of one experiment."""
    names = [f"RawData/{sensor}_exp{experiment:02d}_user{subject:02d}.txt" for sensor in sensors]
    signals = [self._table(name, 3, float) for name in names]
    if len({len(signal) for signal in signals}) > 1:
      problem = f"{' and '.join(sensors)} have {' and '.join(str(len(signal)) for signal in signals)}"
      raise FormatError(f"{self.source}: {names[-1]}", "samples", problem, "Get the files again.")
    return np.concatenate(signals, axis=1, dtype=np.float32)

  def activities(self) -> dict[int, str]:
    """Names of the classes by number, in the order of the numbers."""
    name = "activity_labels.txt"
    activities = {}
    for line, text in enumerate(self._text(name).splitlines(), start=1):
      if not text.strip():
        continue
      try:
        number, activity = text.split()
        activities[int(number)] = activity
      except ValueError:
        problem = f"{text!r} is not NUMBER NAME"
        raise FormatError(f"{self.source}: {name}", f"line {line}", problem, "Get the file again.") from None
    return dict(sorted(activities.items()))

  def labels(self) -> dict[tuple[int, int], list[Label]]:
    """dict of (experiment, subject) -> its Labels, in the order of the file; every recording has some.

    One without would be left out unseen, as when labels.txt is cut short.
    """
    name = "RawData/labels.txt"
    labels = collections.defaultdict(list)
    for line, row in enumerate(self._table(name, 5, int), start=1):
      experiment, subject, activity, first, last = row.tolist()
      labels[experiment, subject].append(Label(line, activity, first, last))
    for file in sorted(self.contents):
      match = re.fullmatch(r"RawData/acc_exp(\d+)_user(\d+)\.txt", file)
      if match and (int(match[1]), int(match[2])) not in labels:
        raise FormatError(f"{self.source}: {name}", "labels", f"none for {file}", "Get the file again.")
    return dict(labels)

  def subjects(self, split: str) -> list[int]:
    """The subjects of the official split "train" or "test", whose list has the subject of each of its windows."""
    name = {"train": "Train/subject_id_train.txt", "test": "Test/subject_id_test.txt"}[split]
    return np.unique(self._table(name, 1, int)).tolist()

  def _table(self, name: str, columns: int, number: Callable[[str], float]) -> np.ndarray:
    """(lines, columns) array of the numbers in a text file."""
    text = self._text(name)
    lines = text.rstrip().splitlines() or [""]  # An empty file has one bad line.
    try:
      values = np.array([number(token) for token in text.split()])  # Ten times as fast as np.loadtxt.
      if len(values) == len(lines) * columns and np.isfinite(values).all():
        return values.reshape(-1, columns)
    except ValueError:
      pass
    line, text = next(item for item in enumerate(lines, start=1) if not _is_row(item[1], columns, number))
    remedy = "The file may be cut short: get it again."
    raise FormatError(f"{self.source}: {name}", f"line {line}", f"{text!r} is not {columns} finite numbers", remedy)

  def _text(self, name: str) -> str:
    where = f"{self.source}: {name}"
    if name not in self.contents:
      raise FormatError(where, "file", "no such file", "Give the dataset as published, complete.")
    try:
      return self.contents[name].decode("ascii")
    except UnicodeDecodeError as error:
      raise FormatError(where, "file", f"not readable as text ({error})", "Get the file again.") from None


def read(source: str | os.PathLike) -> Files:
  """Reads the files in a folder or an archive, at its top or one folder down.

  Raises:
    FormatError: it cannot be read.
  """
  try:
    if Path(source).is_dir():
      found = {path.relative_to(source).as_posix(): path.read_bytes() for path in _text_files(Path(source))}
    elif zipfile.is_zipfile(source):
      with zipfile.ZipFile(source) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if _WANTED.search(name)}
    else:
      found = _of_tar(source)
  except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, zlib.error, zipfile.BadZipFile) as error:
    raise FormatError(source, "archive", f"not readable ({error})", "Download it again, or give the folder.") from None
  # What precedes the known part of the path is dropped.
  return Files(str(source), {_known_part(name): content for name, content in found.items()})


def _of_tar(source: str | os.PathLike) -> dict[str, bytes]:
  found = {}
  with tarfile.open(source) as archive:
    for member in archive:
      stream = archive.extractfile(member) if _WANTED.search(member.name) else None
      if stream is not None:
        found[member.name] = stream.read()
  return found


def _text_files(folder: Path) -> list[Path]:
  """The wanted files at the top of a folder or one folder down."""
  paths = [path for pattern in ("*.txt", "*/*.txt", "*/*/*.txt") for path in sorted(folder.glob(pattern))]
  return [path for path in paths if _WANTED.search(path.relative_to(folder).as_posix())]


def _known_part(path: str) -> str:
  match = _WANTED.search(path)
  return match[0] if match else path


def _is_row(text: str, columns: int, number: Callable[[str], float]) -> bool:
  """Whether a line is `columns` finite numbers."""
  try:
    values = [number(token) for token in text.split()]
  except ValueError:
    return False
  return len(values) == columns and bool(np.isfinite(values).all())
