"""What all datasets share that are an annotation file beside a folder of features: their flags, and their plan.

A dataset's file says what is its own: how its annotations are read, what its splits are called, and the timing that
the published features of each extractor have.
"""

import dataclasses
import functools
from collections.abc import Callable

from jaxvid import time_grid
from jaxvid.data.contract import FeatureContract
from jaxvid.data_prep.building import contracts
from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.features import Features
from jaxvid.data_prep.building.plan import STEPS_TOLERANCE, TIMING, Plan, Recording


@dataclasses.dataclass(frozen=True)
class Timing:
  """How features were cut from recordings; None where each recording says.

  Attributes:
    fps: frames a second that the extractor saw.
    feat_stride: frames from one step to the next.
    num_frames: frames that one step sees.
  """

  fps: float | None = None
  feat_stride: float | None = None
  num_frames: float | None = None


def add_flags(parser, extractors, extractor=None, default=Timing(), prefixes=("",)):
  """Adds the flags of all such datasets. A contract.json beside the features says what the flags leave open.

  Args:
    parser: of argparse.
    extractors: dict of extractor's name -> Timing of the features that were published with it.
    extractor: the one that is meant where none is named.
    default: Timing of features of any other extractor.
    prefixes: what the published files' names have before the recordings'.
  """
  listed = "; ".join(
    f"{name}: fps {_or_annotated(timing.fps)}, stride {timing.feat_stride:g}, clips of {timing.num_frames:g}"
    for name, timing in extractors.items()
  )
  parser.add_argument(
    "--extractor",
    help="what made the features; models of others refuse them"
    + (f". Known: {listed}; default: the configuration's name if it is known, else {extractor}" if listed else ""),
  )
  known = "default: the extractor's" if extractors else "default: the annotations'"
  parser.add_argument("--fps", type=float, help=f"frames a second that the extractor saw; {known}")
  parser.add_argument("--feat_stride", type=float, help=f"frames from one step to the next; {known}")
  parser.add_argument("--num_frames", type=float, help=f"frames that one step sees; {known}")
  parser.add_argument(
    "--fixed_length",
    action="store_true",
    help="the features of each recording were resized to a fixed number of steps: take the stride from its duration",
  )
  parser.add_argument("--prefix", help=f"before the recording's name in a file's; default: {' or '.join(prefixes)!r}")
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
  parser.set_defaults(timings=extractors, default_timing=default, default_extractor=extractor or "", prefixes=prefixes)


def extractor(flags, config: str) -> str:
  """The extractor's name: the flag's, or the configuration's where that is a known one, or the dataset's usual."""
  if flags.extractor is not None:
    return flags.extractor
  return config if config in flags.timings else flags.default_extractor


def timing(flags, config: str) -> Timing:
  """The Timing that the flags give, by themselves or by the extractor; None where the annotations have to."""
  known = flags.timings.get(extractor(flags, config), flags.default_timing)
  given = {name: getattr(flags, name) for name in TIMING}
  return dataclasses.replace(known, **{name: value for name, value in given.items() if value is not None})


def open_features(source, flags) -> Features:
  """The features in `source`, a folder or HDF5 file, and in what --join names."""
  prefixes = flags.prefixes if flags.prefix is None else (flags.prefix,)
  return Features([source, *flags.join], prefixes, flags.suffix)


def make_plan(
  annotated: Annotated, source, config, flags, description: str, aliases: Callable[..., dict], features=None
) -> Plan:
  """The Plan of a dataset.

  Args:
    annotated: its annotations.
    source: folder, or HDF5 file, of features.
    config: name of the configuration; one that is a known extractor's says which made the features.
    flags: of `add_flags`.
    description: a sentence or two about the data.
    aliases: the dataset's function from its splits to a dict of alias -> list of splits; an alias of splits that are
      not there is left out.
    features: with the functions `load` and `common_dim` of Features; None for those in `source` and --join.
  """
  flags = contracts.completed(flags, None if features else source)
  features = features or open_features(source, flags)
  dim = features.common_dim([name for named in annotated.recordings.values() for name in named])
  contracts.check_dim(flags, dim, source)
  given = timing(flags, config)
  reader = functools.partial(functools.partial, _read, features, annotated.file, given, flags.fixed_length)
  readers = {
    split: [reader(name, read) for name, read in named.items()] for split, named in annotated.recordings.items()
  }
  return Plan(
    readers=readers,
    contract=FeatureContract(
      extractor=extractor(flags, config),
      weights_hash=flags.weights_hash or "",
      fps=_common(annotated, given, "fps"),
      feat_stride=None if flags.fixed_length else _common(annotated, given, "feat_stride"),
      num_frames=None if flags.fixed_length else _common(annotated, given, "num_frames"),
      dim=dim,
      normalization=flags.normalization or "none",
    ),
    class_names=annotated.class_names,
    aliases={alias: of for alias, of in aliases(readers).items() if set(of) <= set(readers)},
    description=description,
    dtype=flags.dtype,
    steps_tolerance=flags.steps_tolerance,
    notes=[*annotated.notes(), *overruled(annotated, given)],
    metadata=annotated.metadata,
  )


def _read(features, annotations_file, given, fixed_length, name, read):
  """The Recording of one name."""
  recording = read()
  array, features_file = features.load(name)
  duration = recording.duration
  if fixed_length:
    if duration is None:
      remedy = "Give --fps, --feat_stride and --num_frames instead of --fixed_length."
      raise BadInput(annotations_file, f"{name} duration", "not published, so no stride follows from it", remedy)
    fps = resolved(annotations_file, name, recording, given, "fps")
    times = fixed_length_timing(duration, fps, len(array))
  else:
    times = {key: resolved(annotations_file, name, recording, given, key) for key in TIMING}
    duration = duration_of(len(array), **times) if duration is None else duration
  return Recording(
    id=name,
    features=array,
    features_file=features_file,
    annotations=recording.annotations,
    annotations_file=annotations_file,
    duration=duration,
    **times,
  )


def duration_of(num_steps, fps, feat_stride, num_frames):
  """Seconds of a recording whose duration is not published: its last step stands for a whole stride, as the others."""
  return time_grid.end_of_last_step(num_steps, fps, feat_stride, max(feat_stride, num_frames))


def fixed_length_timing(duration, fps, num_steps):
  """The timing of features that share out a recording evenly, as ActionFormer takes it of such."""
  stride = duration * fps / num_steps
  return {"fps": fps, "feat_stride": stride, "num_frames": stride}


def resolved(file, name, recording, given, key):
  """fps, feat_stride or num_frames of a recording: as the flags have it, else as the annotations have it."""
  value = getattr(given, key)
  value = getattr(recording, key) if value is None else value
  if value is None:
    raise BadInput(file, f"{name} {key}", "not there", f"Give --{key}, or write it into the annotations.")
  return value


def _common(annotated, given, key):
  """The number if all recordings agree about it, as they do but for rounding; else None."""
  if getattr(given, key) is not None:
    return getattr(given, key)
  values = {getattr(recording, key) for recording in annotated.readable} - {None}
  rounded = {round(value, 6) for value in values}
  return rounded.pop() if len(rounded) == 1 else None


def overruled(annotated, given):
  """A line for each number that the flags give and the annotations have otherwise."""
  lines = []
  for field in dataclasses.fields(given):
    value = getattr(given, field.name)
    others = {getattr(recording, field.name) for recording in annotated.readable} - {None, value}
    if value is not None and others:
      lines.append(f"{field.name} {value:g} is taken, though the annotations have up to {max(others):g}")
  return lines


def _or_annotated(fps):
  return "as annotated" if fps is None else f"{fps:g}"
