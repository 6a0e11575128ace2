"""The description of a published dataset, and finding it by name: `DATASET` in datasets/NAME.py.

`jaxvid build NAME` and `jaxvid stats NAME` know nothing else of a dataset.
"""

import argparse
import dataclasses
import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from jaxvid.data_prep.building.annotated import Annotated
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.clip_plan import ClipPlan
from jaxvid.data_prep.building.plan import Plan
from jaxvid.records import Timing

# Reads a dataset: (source, name of the configuration, flags) -> its recordings or clips. The source is --source, or for
# `jaxvid stats`, which may lack features, --annotations.
#   Annotated: annotations, beside features that are files made elsewhere;
#   Plan: sequences whose features the reader gives as well;
#   ClipPlan: clips.
Reader = Callable[[str | Path, str, argparse.Namespace], Annotated | Plan | ClipPlan]

# Usual names of the splits to train, validate and test on, for datasets whose source names the splits.
_TRAIN, _VALIDATION, _TEST = ("train", "training"), ("validation", "val", "valid"), ("test", "testing")


@dataclasses.dataclass(frozen=True)
class Dataset:
  """A published dataset: name and version, splits, reader and flags.

  Attributes:
    name: that of its file; the dataset is built into DATA_DIR/NAME/CONFIG/VERSION.
    version: "major.minor.patch"; raise it when the same source gives other records.
    kind: "sequences" for localization; "windows" for anticipation, also stored as sequences; "clips" for recognition.
    doc: the file's docstring, which --help prints: a line of summary, then the layout of the source.
    reader: see `Reader`.
    description: a sentence for the metadata of the built dataset, in which {config} stands for the configuration's name
      and {file} for the annotations' file; "" for the summary. A Plan or ClipPlan has its own.
    configs: names of the configurations; () where any name will do.
    splits: names of all possible splits; () where the source names them.
    aliases: further names of splits, dict of alias -> splits. Where the source names the splits, see `aliases_of`.
    flags: its own flags, dict of "--name" -> keyword arguments of argparse's add_argument.
    needs_source: False for a made-up dataset, whose videos are drawn.
    annotations: help of --annotations, for sequences and windows.
    feature_files: False where the reader returns a Plan, with features.
    extractors: dict of extractor -> timing of its published features; the first is the default.
    other_timing: timing of the features of any other extractor.
    prefixes: what feature files have before the recording's name ("v_"), in order of preference.
    encode: default of --encode, for clips; None: clips are copied, and there are no flags of encoding.
  """

  name: str
  version: str
  kind: Literal["sequences", "windows", "clips"]
  doc: str
  reader: Reader
  description: str = ""
  configs: tuple[str, ...] = ()
  splits: tuple[str, ...] = ()
  aliases: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  flags: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
  needs_source: bool = True
  annotations: str = ""
  feature_files: bool = True
  extractors: Mapping[str, Timing] = dataclasses.field(default_factory=dict)
  other_timing: Timing = Timing()
  prefixes: tuple[str, ...] = ("",)
  encode: Literal["copy", "h264", "jpeg"] | None = "h264"

  @property
  def summary(self) -> str:
    """The first line of the docstring."""
    return self.doc.strip().splitlines()[0]

  def add_flags(self, parser: argparse.ArgumentParser) -> None:
    """Adds the dataset's own flags."""
    for name, settings in self.flags.items():
      parser.add_argument(name, **settings)

  def describe(self, config: str, file: str) -> str:
    """The description in the metadata of the built dataset."""
    return self.description.format(config=config, file=file) if self.description else self.summary

  def check_config(self, config: str) -> None:
    """Raises BadInput for an unknown configuration."""
    if self.configs and config not in self.configs:
      raise BadInput(f"{self.name}/{config}", "configuration", "unknown", f"Use one of: {', '.join(self.configs)}.")

  def aliases_of(self, splits: Iterable[str]) -> dict[str, list[str]]:
    """dict of alias -> splits, for the splits in a source; aliases of absent splits are left out.

    Where the source names the splits, "train" and "test" are found by their usual names. A source with "validation" and
    "test" alone trains on "validation".
    """
    splits = list(splits)
    if self.splits:
      return {alias: list(of) for alias, of in self.aliases.items() if set(of) <= set(splits)}
    train, validation, test = ([split for split in splits if split in of] for of in (_TRAIN, _VALIDATION, _TEST))
    found = {"train": train or (validation if test else []), "test": test or validation}
    return {alias: of for alias, of in found.items() if of and of != [alias]}


def names() -> list[str]:
  """Names of all datasets; imports none of them."""
  return sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "datasets")]))


def load(name: str) -> Dataset:
  """The dataset called `name`; imports no other.

  Raises:
    ValueError: no dataset has that name (the message lists them), or a package that it needs is not installed.
  """
  known = names()
  if name not in known:
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {close[0]}? There are" if close else "there are"
    raise ValueError(f"unknown dataset {name!r}; {meant}: {', '.join(known)}")
  try:
    return importlib.import_module(f"jaxvid.data_prep.datasets.{name}").DATASET
  except ImportError as error:
    raise ValueError(f"dataset {name} cannot be used here: {error}") from error


def overview() -> str:
  """A line for every dataset: its summary, or which package is missing."""
  known = names()
  width = max(map(len, known)) + 2
  lines = []
  for name in known:
    try:
      lines.append(f"{name:{width}}{load(name).summary}")
    except ValueError as error:
      lines.append(f"{name:{width}}({error})")
  return "\n".join(lines)
