"""Datasets of annotations and feature files: their flags, and their plan."""

import argparse
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from jaxvid import time_grid
from jaxvid.data_prep.building import contracts
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.features import Features
from jaxvid.data_prep.building.plan import STEPS_TOLERANCE, TIMING, Plan
from jaxvid.data_prep.dataset import Dataset
from jaxvid.formats.contract import FeatureContract
from jaxvid.formats.errors import timing_of
from jaxvid.records import Recording, Timing


class FeatureSource(Protocol):
  """Features by the names of their recordings."""

  def load(self, name: str) -> tuple[np.ndarray, str]:
    """The features of a recording, (T, C), and the file they are in, for messages."""

  def common_dim(self, names: list[str]) -> int:
    """The dim C of most recordings."""


def add_flags(parser: argparse.ArgumentParser, dataset: Dataset) -> None:
  """Adds the flags. Those not given are taken from contract.json beside the features, if there is one."""
  # Annotations, and flags of the dataset's own.
  parser.add_argument("--annotations", metavar="PATH", help=dataset.annotations)
  dataset.add_flags(parser)
  # The extractor and the timing of its features.
  listed = "; ".join(
    f"{name}: fps {_or_annotated(timing.fps)}, stride {timing.feat_stride:g}, clips of {timing.num_frames:g}"
    for name, timing in dataset.extractors.items()
  )
  usual = next(iter(dataset.extractors), "")
  parser.add_argument(
    "--extractor",
    help="name of what made the features; a model refuses features of another extractor"
    + (f". Known: {listed}; default: the configuration's name if it is known, else {usual}" if listed else ""),
  )
  known = "default: the extractor's" if dataset.extractors else "default: the annotations'"
  parser.add_argument("--fps", type=float, help=f"frames a second that the extractor saw; {known}")
  parser.add_argument("--feat_stride", type=float, help=f"frames from one step to the next; {known}")
  parser.add_argument("--num_frames", type=float, help=f"frames that one step sees; {known}")
  parser.add_argument(
    "--fixed_length",
    action="store_true",
    help="the features of each recording were resized to a fixed number of steps: take the stride from its duration",
  )
  # The features' files, and how they are stored.
  prefixes = " or ".join(dataset.prefixes)
  parser.add_argument("--prefix", help=f"before the recording's name in a file's; default: {prefixes!r}")
  parser.add_argument("--suffix", default="", help="after it, before the ending")
  parser.add_argument(
    "--join",
    action="append",
    default=[],
    metavar="PATH",
    help="further features of the same recordings, joined to those of --source step by step; may be repeated",
  )
  parser.add_argument("--dtype", choices=("float16", "float32"), default="float16", help="of the stored features")
  parser.add_argument("--weights_hash", help="hash of the extractor's weights, where it is known")
  parser.add_argument("--normalization", help="what was done to frames or features; default: none")
  parser.add_argument(
    "--steps_tolerance",
    type=float,
    default=STEPS_TOLERANCE,
    metavar="SHARE",
    help="how far the number of steps may be from what the duration makes it; default: %(default)s",
  )


def extractor(dataset: Dataset, flags: argparse.Namespace, config: str) -> str:
  """The extractor's name: --extractor, or the configuration if it is a known extractor, or the dataset's default."""
  if flags.extractor is not None:
    return flags.extractor
  return config if config in dataset.extractors else next(iter(dataset.extractors), "")


def timing(dataset: Dataset, flags: argparse.Namespace, config: str) -> Timing:
  """The Timing given by flags or by the extractor; None for numbers that the annotations must give."""
  known = dataset.extractors.get(extractor(dataset, flags, config), dataset.other_timing)
  given = {name: getattr(flags, name) for name in TIMING if getattr(flags, name) is not None}
  return timing_of("flags", "", **{name: getattr(known, name) for name in TIMING} | given)


def open_features(dataset: Dataset, source: str | Path, flags: argparse.Namespace) -> Features:
  """The features in `source`, a folder or HDF5 file, joined with those of --join."""
  prefixes = dataset.prefixes if flags.prefix is None else (flags.prefix,)
  return Features([source, *flags.join], prefixes, flags.suffix)


def make_plan(
  dataset: Dataset,
  annotated: Annotated,
  source: str | Path,
  config: str,
  flags: argparse.Namespace,
  features: FeatureSource | None = None,
) -> Plan:
  """The Plan of a dataset.

  Args:
    dataset: its description.
    annotated: its annotations.
    source: folder, or HDF5 file, of features.
    config: name of the configuration; the extractor, if it is the name of one.
    flags: of `add_flags`.
    features: None: those in `source` and --join.

  Raises:
    BadInput: flags, contracts and features contradict each other. What is wrong with one recording shows when that is
      read.
  """
  # What the contract beside the features says, then the flags, then the annotations of each recording.
  flags = contracts.complete(flags, None if features else source)
  features = features or open_features(dataset, source, flags)
  dim = features.common_dim([name for named in annotated.recordings.values() for name in named])
  contracts.check_dim(flags, dim, source)
  given = timing(dataset, flags, config)
  reader = functools.partial(functools.partial, _read, features, annotated.file, given, flags.fixed_length)
  readers: dict[str, list[Callable[[], Recording]]] = {
    split: [reader(name, read) for name, read in named.items()] for split, named in annotated.recordings.items()
  }
  return Plan(
    readers=readers,
    contract=FeatureContract(
      extractor=extractor(dataset, flags, config),
      weights_hash=flags.weights_hash or "",
      fps=_common(annotated, given, "fps"),
      feat_stride=None if flags.fixed_length else _common(annotated, given, "feat_stride"),
      num_frames=None if flags.fixed_length else _common(annotated, given, "num_frames"),
      dim=dim,
      normalization=flags.normalization or "none",
    ),
    class_names=annotated.class_names,
    aliases=dataset.aliases_of(readers),
    description=dataset.describe(config, annotated.file),
    dtype=flags.dtype,
    steps_tolerance=flags.steps_tolerance,
    notes=[*annotated.notes(), *disagreements(annotated, given)],
    metadata=annotated.metadata,
  )


def _read(
  features: FeatureSource,
  annotations_file: str,
  given: Timing,
  fixed_length: bool,
  name: str,
  read: Callable[[], Recording],
) -> Recording:
  """The recording `name` with its features and complete timing."""
  recording = read()
  array, features_file = features.load(name)
  duration = recording.timing.duration
  if fixed_length:
    fps = find_number(annotations_file, name, recording, given, "fps")
    times = fixed_length_timing(annotations_file, name, duration, fps, len(array))
  else:
    times = {key: find_number(annotations_file, name, recording, given, key) for key in TIMING}
    duration = duration_of(len(array), **times) if duration is None else duration
  timing = Timing(**times, duration=duration)
  return dataclasses.replace(recording, timing=timing, features=array, features_file=features_file)


def duration_of(num_steps: int, fps: float, feat_stride: float, num_frames: float) -> float:
  """Seconds of a recording whose duration is not published: up to the end of the last step, at least a stride long."""
  return time_grid.end_of_last_step(num_steps, fps, feat_stride, max(feat_stride, num_frames))


def fixed_length_timing(file: str, name: str, duration: float | None, fps: float, num_steps: int) -> dict[str, float]:
  """The timing of features resized to a fixed number of steps, evenly over the recording, as ActionFormer has it.

  Raises:
    BadInput: the duration of the recording `name` of the annotations in `file` is not known.
  """
  if duration is None:
    remedy = "Give --fps, --feat_stride and --num_frames instead of --fixed_length."
    raise BadInput(file, f"{name} duration", "not published, so no stride follows from it", remedy)
  stride = duration * fps / num_steps
  return {"fps": fps, "feat_stride": stride, "num_frames": stride}


def find_number(file: str, name: str, recording: Recording, given: Timing, key: str) -> float:
  """fps, feat_stride or num_frames (`key`) of the recording `name`, from flags (`given`) or else from annotations.

  Raises:
    BadInput: neither says it.
  """
  value = getattr(given, key)
  value = getattr(recording.timing, key) if value is None else value
  if value is None:
    raise BadInput(file, f"{name} {key}", "not there", f"Give --{key}, or write it into the annotations.")
  return value


def _common(annotated: Annotated, given: Timing, key: str) -> float | None:
  """The number `key`, if all recordings have the same but for rounding; else None."""
  if getattr(given, key) is not None:
    return getattr(given, key)
  values = {getattr(recording.timing, key) for recording in annotated.readable} - {None}
  rounded = {round(value, 6) for value in values}
  return rounded.pop() if len(rounded) == 1 else None


def disagreements(annotated: Annotated, given: Timing) -> list[str]:
  """A line for each number that flags and annotations both give, and differently."""
  lines = []
  for name in TIMING:
    value = getattr(given, name)
    others = {getattr(recording.timing, name) for recording in annotated.readable} - {None, value}
    if value is not None and others:
      lines.append(f"{name} {value:g} is taken, though the annotations have up to {max(others):g}")
  return lines


def _or_annotated(fps: float | None) -> str:
  return "as annotated" if fps is None else f"{fps:g}"
