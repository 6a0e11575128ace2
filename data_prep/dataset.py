"""What a dataset is to data_prep, and finding one by its name: datasets/NAME.py, in which `DATASET` says it.

`jaxvid build NAME` and `jaxvid stats NAME` take all that they know of a dataset from there.
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

# What the source, the configuration and the flags of a dataset become. The source is --source, or --annotations where
# there are no features yet (data_prep.stats).
#   Annotated: annotations, beside features that are files made elsewhere;
#   Plan: sequences whose features the reader gives as well;
#   ClipPlan: clips.
Reader = Callable[[str | Path, str, argparse.Namespace], Annotated | Plan | ClipPlan]

# Names of splits that train, validate and test, by which they are known where the source names the splits.
_TRAIN, _VALIDATION, _TEST = ("train", "training"), ("validation", "val", "valid"), ("test", "testing")


@dataclasses.dataclass(frozen=True)
class Dataset:
  """A published dataset: its name and version, its splits, how it is read and which flags it has.

  Attributes:
    name: of its file; it is built into DATA_DIR/NAME/CONFIG/VERSION.
    version: "major.minor.patch", to be raised when the same source gives other records.
    kind: "sequences" for localization; "windows" for anticipation, also stored as sequences; "clips" for recognition.
    doc: what `--help` says of it, its file's docstring: a line of summary, then the layout of the source.
    reader: see `Reader`.
    description: a sentence for the metadata of what is built, where {config} and {file} are the configuration's name
      and the annotations' file; "" for the summary. A Plan or ClipPlan has its own.
    configs: the configurations that there are; () where their names are free.
    splits: the splits that there can be; () where the source names them.
    aliases: further names of splits, dict of alias -> splits. Where the source names the splits, see `aliases_of`.
    flags: its own flags, dict of "--name" -> keyword arguments of argparse's add_argument.
    needs_source: False where the dataset is made up rather than published.
    annotations: help of --annotations, for sequences and windows.
    feature_files: False where the reader gives a Plan, with features.
    extractors: timing of the features that were published with each extractor; the first is the usual one.
    other_timing: timing of the features of any other extractor.
    prefixes: what the published features' files have before the recordings' names, in order of preference.
    encode: default of --encode, for clips; None copies them, and there are no flags of encoding.
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
    """A line about it."""
    return self.doc.strip().splitlines()[0]

  def add_flags(self, parser: argparse.ArgumentParser) -> None:
    """Adds its own flags."""
    for name, settings in self.flags.items():
      parser.add_argument(name, **settings)

  def describe(self, config: str, file: str) -> str:
    """The sentence about it in the metadata of what is built."""
    return self.description.format(config=config, file=file) if self.description else self.summary

  def check_config(self, config: str) -> None:
    """Raises BadInput where there is no such configuration."""
    if self.configs and config not in self.configs:
      raise BadInput(f"{self.name}/{config}", "configuration", "unknown", f"Use one of: {', '.join(self.configs)}.")

  def aliases_of(self, splits: Iterable[str]) -> dict[str, list[str]]:
    """dict of alias -> splits, over the splits that a source has; an alias of one that is not there is left out.

    Where the source names the splits, "train" and "test" are found by their usual names. Without a split to train on,
    "validation" trains where there is a test.
    """
    splits = list(splits)
    if self.splits:
      return {alias: list(of) for alias, of in self.aliases.items() if set(of) <= set(splits)}
    train, validation, test = ([split for split in splits if split in of] for of in (_TRAIN, _VALIDATION, _TEST))
    found = {"train": train or (validation if test else []), "test": test or validation}
    return {alias: of for alias, of in found.items() if of and of != [alias]}


def names() -> list[str]:
  """The datasets that there are; nothing is imported."""
  return sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "datasets")]))


def load(name: str) -> Dataset:
  """The dataset of a name; no other is imported.

  Raises:
    ValueError: there is none of that name; says which there are, and which is meant. Or a package that it needs is not
      installed.
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
  """A line about every dataset; of one that cannot be imported, which package it needs."""
  known = names()
  width = max(map(len, known)) + 2
  lines = []
  for name in known:
    try:
      lines.append(f"{name:{width}}{load(name).summary}")
    except ValueError as error:
      lines.append(f"{name:{width}}({error})")
  return "\n".join(lines)
