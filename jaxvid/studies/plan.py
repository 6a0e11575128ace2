"""A study file: a base configuration, rows of changes to it, and what was published for them.

A study file is Python with two names:

  BASE = "configs/thumos_actionformer.py"      the configuration that all rows start from

  def get_study(base):                         base: that configuration, as it stands after the command line's changes
    return dict(
      title="Table I: backbones and necks",
      published_on="thumos14",                 optional: the dataset that the numbers in `published` are for
      columns=(0.5, 0.7, "average"),           optional: tIoUs and the average, or "top1", "mean_class_accuracy", ...;
                                               default: all that an evaluation gives
      rows=dict(
        refined_fpn=dict(                      name of the row and of its folder
          label="Transformer + refined FPN",   name of the row in the table
          changes={"model.neck": dict(type="refined_fpn")},    dotted key -> value that replaces the base's
          published=(68.85, 42.13, 65.16),     percent, one number a column, or None
        ),
      ),
    )
"""

import copy
import dataclasses
import importlib.util
import pathlib
import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from jaxvid.studies import columns as columns_


class StudyError(ValueError):
  """A study that cannot be run; the message names the file, the row and what is wrong."""


@dataclasses.dataclass(frozen=True)
class Row:
  """One row of the table.

  Attributes:
    name: of the row and its folder.
    label: name in the table.
    changes: dotted key of the configuration -> value that replaces the base's.
    config: the complete configuration, as plain values.
    published: column -> percent; empty where nothing is published for the base's dataset.
  """

  name: str
  label: str
  changes: Mapping[str, Any]
  config: Mapping[str, Any]
  published: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Study:
  """A study file applied to one base configuration.

  Attributes:
    name: of the file.
    title: of the table.
    columns: in the table's order, see jaxvid.studies.columns.
    rows: in the table's order.
    headings, unit: of the columns, see jaxvid.studies.columns.Columns.
  """

  name: str
  title: str
  columns: tuple[str, ...]
  rows: tuple[Row, ...]
  headings: Mapping[str, str]
  unit: str

  @property
  def main(self) -> str:
    """The main column: the average mAP if the table has it, else the first."""
    return columns_.AVERAGE if columns_.AVERAGE in self.columns else self.columns[0]


def load(path: str) -> ModuleType:
  """Imports a study file.

  Raises:
    StudyError: there is no such file, or it lacks BASE or get_study.
  """
  if not pathlib.Path(path).is_file():
    raise StudyError(f"--study={path}: no such file; give a study's name or FILE.py")
  spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  for name in ("BASE", "get_study"):
    if not hasattr(module, name):
      raise StudyError(
        f"{path}: {name} is missing; a study file defines BASE, a configuration's file, and get_study(base)"
      )
  return module


def read(module: ModuleType, base: Any) -> Study:
  """The study that a study file describes for a base configuration.

  Args:
    module: the study file, see `load`.
    base: a ConfigDict.

  Raises:
    StudyError: a key is unknown or missing, or a value does not fit; names the file and the row.
  """
  where = module.__file__
  values = module.get_study(base.copy_and_resolve_references())
  _check_keys(where, values, required=("title", "rows"), known=("title", "rows", "columns", "published_on"))
  evaluation = columns_.from_config(base.to_dict())
  known = evaluation.headings
  columns = tuple(str(column) for column in values.get("columns", known))
  for column in columns:
    if column not in known:
      raise StudyError(f"{where}: column {column}: not evaluated; there are: {', '.join(known)}")
  has_published = values.get("published_on") == base.data.dataset
  rows = []
  for name, row in values["rows"].items():
    _check_keys(f"{where}: row {name}", row, required=("label",), known=("label", "changes", "published"))
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
      raise StudyError(f"{where}: row {name!r}: the name is a folder's; use letters, digits, and . _ -")
    changes, published = row.get("changes", {}), row.get("published", ())
    if has_published and published and len(published) != len(columns):
      raise StudyError(f"{where}: row {name}: {len(published)} published numbers for the columns {', '.join(columns)}")
    rows.append(
      Row(
        name=name,
        label=row["label"],
        changes=changes,
        config=apply_changes(base.to_dict(), changes, f"{where}: row {name}"),
        published={column: x for column, x in zip(columns, published) if x is not None} if has_published else {},
      )
    )
  return Study(pathlib.Path(where).stem, values["title"], columns, tuple(rows), known, evaluation.unit)


def apply_changes(config: Mapping[str, Any], changes: Mapping[str, Any], where: str) -> dict[str, Any]:
  """A copy of the configuration with dotted keys set.

  Args:
    config: plain values.
    changes: dotted key -> value; the key's section must exist.
    where: the file and row, for messages.

  Raises:
    StudyError: there is no such section.
  """
  config = copy.deepcopy(config)
  for key, value in changes.items():
    *sections, last = key.split(".")
    part = config
    for section in sections:
      part = part.get(section)
      if not isinstance(part, dict):
        raise StudyError(f"{where}: {key}: the base configuration has no section {section!r}")
    part[last] = copy.deepcopy(value)
  return config


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
  """The keys in which two configurations differ, with both values, one line a key."""
  there, here = flatten(there), flatten(here)
  lines = []
  for key in there | here:
    if key not in here or key not in there or there[key] != here[key]:
      before, after = (repr(side[key]) if key in side else "not set" for side in (there, here))
      lines.append(f"{key}: {before} there, {after} here")
  return lines


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
  """Nested dicts as one dict of dotted keys."""
  found = {}
  for key, value in values.items():
    found |= flatten(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else {prefix + key: value}
  return found


def _check_keys(where: str, values: Mapping[str, Any], required: Sequence[str], known: Sequence[str]) -> None:
  for key in values:
    if key not in known:
      raise StudyError(f"{where}: nothing reads {key!r}; there are: {', '.join(known)}")
  for key in required:
    if key not in values:
      raise StudyError(f"{where}: {key!r} is missing")
