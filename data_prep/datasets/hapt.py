"""HAPT (UCI; SBHAR in the literature): 30 people with a smartphone at the waist, 12 activities and transitions.

--source is the folder or the archive (.zip, .tar.xz, ...) as published: RawData/{acc,gyro}_expNN_userNN.txt,
RawData/labels.txt, activity_labels.txt, Train/subject_id_train.txt and Test/subject_id_test.txt, at the top or one
folder down. A record is one subject: all recordings joined in order, in windows of 50 samples (1 s) that overlap by
half, flattened axis by axis. "hapt" has the three accelerometer axes, 150 values a step; "hapt/acc_gyro" the
gyroscope's as well, 300. Splits: subject_01 to subject_30; "train" and "test" as published; fold_NN_train and
fold_NN_test, which leave subject NN out.
"""

import collections
import dataclasses
import lzma
import re
import tarfile
import zipfile
import zlib
from functools import cache, partial
from pathlib import Path

import numpy as np

from jaxvid.data.contract import FeatureContract
from jaxvid.data_prep.building import sequences
from jaxvid.data_prep.building.annotated import Annotated, AnnotatedRecording
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.plan import Annotation, Plan, Recording

VERSION = "1.0.0"
SENSORS = {"default": ("acc",), "acc_gyro": ("acc", "gyro")}  # By configuration.

RATE = 50  # Samples a second.
WINDOW = 50  # Samples that one step sees.
STRIDE = 25  # Samples from one step to the next.

_WANTED = re.compile(r"(RawData/\w+|activity_labels|Train/subject_id_train|Test/subject_id_test)\.txt$")


@dataclasses.dataclass(frozen=True)
class _Label:
  """A line of labels.txt: samples `first` to `last` of an experiment, counted from 1, both included."""

  line: int
  activity: int
  first: int
  last: int


def add_flags(parser):
  del parser  # The configuration is in the dataset's name.


def add_stats_flags(parser):
  parser.add_argument("--annotations", metavar="PATH", help="the folder or archive as published")
  sequences.add_flags(parser, {})


def annotated(path, config, flags):
  """The annotations, split as published."""
  found = plan(path, config, flags)
  return Annotated(
    file=str(path),
    class_names=found.class_names,
    recordings={
      # Cached: the signals, which the durations come from, take seconds to read.
      split: {subject: cache(partial(_annotated, found.readers[subject][0])) for subject in found.aliases[split]}
      for split in ("train", "test")
    },
  )


def aliases(splits):
  """Which splits "train" and "test" mean: those of `annotated` have these names."""
  del splits
  return {}


def _annotated(read):
  recording = read()
  return AnnotatedRecording(
    duration=recording.duration, annotations=recording.annotations, fps=RATE, feat_stride=STRIDE, num_frames=WINDOW
  )


def plan(source, config, flags):
  """A Plan; `config` is a key of SENSORS."""
  del flags
  if config not in SENSORS:
    raise BadInput(f"hapt/{config}", "configuration", "unknown", f"Use one of: {', '.join(SENSORS)}.")
  sensors = SENSORS[config]
  files = _read_files(source)
  activities = _read_activities(source, files)
  labels = _read_labels(source, files)
  _check_all_labelled(source, files, labels)

  experiments = collections.defaultdict(list)  # Subject -> experiments in order.
  for experiment, subject in sorted(labels):
    experiments[subject].append(experiment)
  subjects = sorted(experiments)
  aliases = {
    "train": _official(source, files, "Train/subject_id_train.txt"),
    "test": _official(source, files, "Test/subject_id_test.txt"),
  }
  for held_out in subjects:
    aliases[f"fold_{held_out:02d}_train"] = [_split(subject) for subject in subjects if subject != held_out]
    aliases[f"fold_{held_out:02d}_test"] = [_split(held_out)]

  return Plan(
    readers={
      _split(subject): [partial(_read, source, files, sensors, subject, experiments[subject], labels, activities)]
      for subject in subjects
    },
    contract=FeatureContract(
      extractor="+".join(f"raw_{sensor}" for sensor in sensors),
      weights_hash="",
      fps=RATE,
      feat_stride=STRIDE,
      num_frames=WINDOW,
      dim=3 * len(sensors) * WINDOW,
      normalization="none",
    ),
    class_names=list(activities.values()),
    aliases=aliases,
    description="UCI HAPT: raw smartphone signals of 30 people with the segments of 12 activities and transitions.",
    dtype="float32",
  )


def windows(samples):
  """(T, channels * WINDOW) windows of (N, channels) samples, channel by channel."""
  views = np.lib.stride_tricks.sliding_window_view(samples, WINDOW, axis=0)[::STRIDE]  # (T, channels, WINDOW)
  return views.reshape(len(views), -1)


def _read(source, files, sensors, subject, experiments, labels, activities):
  """The Recording of one subject: the experiments joined in order."""
  signals, annotations, offset = [], [], 0
  for experiment in experiments:
    signal = _read_signal(source, files, sensors, experiment, subject)
    bounds = (offset / RATE, (offset + len(signal)) / RATE)
    annotations += [
      Annotation(
        start=(offset + label.first - 1) / RATE,
        end=(offset + label.last - 1) / RATE,
        label=activities.get(label.activity, str(label.activity)),
        where=f"line {label.line}",
        bounds=bounds,
      )
      for label in labels[experiment, subject]
    ]
    signals.append(signal)
    offset += len(signal)
  if offset < WINDOW:
    raise BadInput(source, _split(subject), f"{offset} samples, but one step sees {WINDOW}", "Get the file again.")
  return Recording(
    id=_split(subject),
    features=windows(np.concatenate(signals)),
    features_file=f"{source}: RawData/*_user{subject:02d}.txt",
    annotations=annotations,
    annotations_file=f"{source}: RawData/labels.txt",
    fps=RATE,
    feat_stride=STRIDE,
    num_frames=WINDOW,
    duration=offset / RATE,
  )


def _read_signal(source, files, sensors, experiment, subject):
  """(N, 3 * sensors) float32 samples of one experiment."""
  names = [f"RawData/{sensor}_exp{experiment:02d}_user{subject:02d}.txt" for sensor in sensors]
  signals = [_table(source, files, name, columns=3, number=float) for name in names]
  if len({len(signal) for signal in signals}) > 1:
    problem = f"{' and '.join(sensors)} have {' and '.join(str(len(signal)) for signal in signals)}"
    raise BadInput(f"{source}: {names[-1]}", "samples", problem, "Get the files again.")
  return np.concatenate(signals, axis=1, dtype=np.float32)


def _read_activities(source, files):
  """Names of the classes by number, in the order of the numbers."""
  name = "activity_labels.txt"
  activities = {}
  for line, text in enumerate(_text(source, files, name).splitlines(), start=1):
    if not text.strip():
      continue
    try:
      number, activity = text.split()
      activities[int(number)] = activity
    except ValueError:
      problem = f"{text!r} is not NUMBER NAME"
      raise BadInput(f"{source}: {name}", f"line {line}", problem, "Get the file again.") from None
  return dict(sorted(activities.items()))


def _read_labels(source, files):
  """dict of (experiment, subject) -> its _Labels, in the order of the file."""
  name = "RawData/labels.txt"
  labels = collections.defaultdict(list)
  for line, row in enumerate(_table(source, files, name, columns=5, number=int), start=1):
    experiment, subject, activity, first, last = row.tolist()
    labels[experiment, subject].append(_Label(line, activity, first, last))
  return dict(labels)


def _check_all_labelled(source, files, labels):
  """Every recording has labels: one without would be left out unseen, as when labels.txt is cut short."""
  for name in sorted(files):
    match = re.fullmatch(r"RawData/acc_exp(\d+)_user(\d+)\.txt", name)
    if match and (int(match[1]), int(match[2])) not in labels:
      raise BadInput(f"{source}: RawData/labels.txt", "labels", f"none for {name}", "Get the file again.")


def _official(source, files, name):
  """The splits of an official list, which has the subject of each of its windows."""
  return [_split(subject) for subject in np.unique(_table(source, files, name, columns=1, number=int)).tolist()]


def _split(subject):
  return f"subject_{subject:02d}"


def _table(source, files, name, columns, number):
  """(lines, columns) array of the numbers in a text file."""
  text = _text(source, files, name)
  lines = text.rstrip().splitlines() or [""]  # An empty file has one bad line.
  try:
    values = np.array([number(token) for token in text.split()])  # Ten times as fast as np.loadtxt.
    if len(values) == len(lines) * columns and np.isfinite(values).all():
      return values.reshape(-1, columns)
  except ValueError:
    pass
  raise _bad_line(source, name, lines, columns, number)


def _bad_line(source, name, lines, columns, number):
  """The BadInput that names the first line which is not `columns` finite numbers."""
  for line, text in enumerate(lines, start=1):
    try:
      values = [number(token) for token in text.split()]
    except ValueError:
      values = []
    if len(values) != columns or not np.isfinite(values).all():
      break
  remedy = "The file may be cut short: get it again."
  return BadInput(f"{source}: {name}", f"line {line}", f"{text!r} is not {columns} finite numbers", remedy)


def _text(source, files, name):
  if name not in files:
    raise BadInput(f"{source}: {name}", "file", "no such file", "Give the dataset as published, complete.")
  try:
    return files[name].decode("ascii")
  except UnicodeDecodeError as error:
    raise BadInput(f"{source}: {name}", "file", f"not readable as text ({error})", "Get the file again.") from None


def _read_files(source):
  """The files the dataset is made of: dict of path in the published folder -> bytes."""
  try:
    if Path(source).is_dir():
      found = {path.relative_to(source).as_posix(): path.read_bytes() for path in _text_files(Path(source))}
    elif zipfile.is_zipfile(source):
      with zipfile.ZipFile(source) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if _WANTED.search(name)}
    else:
      with tarfile.open(source) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive if _WANTED.search(member.name)}
  except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, zlib.error, zipfile.BadZipFile) as error:
    raise BadInput(source, "archive", f"not readable ({error})", "Download it again, or give the folder.") from None
  # At the top or one folder down: what precedes the known part of the path is dropped.
  return {_WANTED.search(name)[0]: content for name, content in found.items()}


def _text_files(folder):
  """The wanted files at the top of a folder or one folder down."""
  paths = [path for pattern in ("*.txt", "*/*.txt", "*/*/*.txt") for path in sorted(folder.glob(pattern))]
  return [path for path in paths if _WANTED.search(path.relative_to(folder).as_posix())]
