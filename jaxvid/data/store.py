"""Datasets on disk: one format, written once, read by index.

A dataset lies in DIRECTORY/NAME/CONFIG/VERSION as TFDS lays it out (ArrayRecord shards, no TensorFlow needed) and is
named "NAME" (its configuration "default") or "NAME/CONFIG". It is of one kind: "sequences" of features
(jaxvid.data.sequence_records) or "clips" of video (jaxvid.data.clip_records). Its metadata hold

* the kind and the class names;
* of sequences the feature contract; of clips the labels in the order of the records, {TFDS split: [...]};
* named splits: aliases of TFDS split expressions, such as "train" for "subject_01+subject_03".
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid.data import clip_records, sequence_records
from jaxvid.formats.contract import FeatureContract

DEFAULT_CONFIG = "default"
KINDS = {"sequences": sequence_records, "clips": clip_records}


class Split:
  """The records of one split by index: a random-access source for grain, safe to read from several threads.

  Attributes:
    kind: "sequences" or "clips".
    contract: FeatureContract of the features; None for clips.
    class_names: list of names; label k is class_names[k].
    metadata: all metadata of the dataset, a dict.
  """

  def __init__(self, folder: str | os.PathLike, split: str) -> None:
    import tensorflow_datasets as tfds  # Here, not above: slow to import.

    builder = tfds.builder_from_directory(folder)
    self.metadata = dict(builder.info.metadata)
    self.kind = self.metadata.get("kind", "sequences")  # Datasets of older versions do not say.
    self.contract = FeatureContract.from_dict(self.metadata["contract"]) if self.kind == "sequences" else None
    self.class_names = list(self.metadata["class_names"])
    aliases = self.metadata["splits"]
    self._expression = aliases.get(split, split)
    try:
      self._source = builder.as_data_source(self._expression)
    except ValueError as error:
      raise ValueError(
        f"unknown split {split!r} of {folder}; there are {', '.join([*aliases, *builder.info.splits])}, "
        "and TFDS expressions of the splits, such as 'train[:10%]'"
      ) from error
    self._folder, self._split = folder, split

  def __len__(self) -> int:
    return len(self._source)

  def __getitem__(self, index: int) -> dict[str, Any]:
    """Record `index` as a dict with the fields of the kind's `Record` or `Clip`; the arrays are read-only."""
    return KINDS[self.kind].from_example(self._source[index])

  def stored_labels(self) -> np.ndarray | None:
    """Labels of a dataset of clips from its metadata, so that no record, with its video, need be read.

    Returns:
      (N,) int; None where the metadata have no labels (older datasets) or the split takes parts of TFDS splits.

    Raises:
      ValueError: there are not as many labels as records.
    """
    by_split = self.metadata.get("labels")
    names = [name.strip() for name in self._expression.split("+")]
    if by_split is None or any(name not in by_split for name in names):
      return None
    labels = np.concatenate([np.array(by_split[name], int) for name in names])
    if len(labels) != len(self):
      raise ValueError(
        f"{self!r}: {len(labels)} labels in the metadata of {len(self)} records; build the dataset again"
      )
    return labels

  def __repr__(self) -> str:
    return f"Split({str(self._folder)!r}, {self._split!r})"

  def __reduce__(self) -> tuple[type, tuple]:
    # Open files do not travel to grain's worker processes; the name of the split does.
    return Split, (self._folder, self._split)


def dataset_folder(directory: str | os.PathLike, name: str) -> Path | None:
  """Folder DIRECTORY/NAME/CONFIG/VERSION of the highest version of a dataset; None where there is none."""
  parent = Path(directory, *_name_and_config(name))
  versions = [path for path in parent.glob("*") if re.fullmatch(r"\d+\.\d+\.\d+", path.name)]
  return max(versions, key=lambda path: [int(part) for part in path.name.split(".")], default=None)


def base_splits(folder: str | os.PathLike) -> list[str]:
  """Names of the TFDS splits of a dataset, in the order in which they were written."""
  import tensorflow_datasets as tfds  # Here, not above: slow to import.

  return list(tfds.builder_from_directory(folder).info.splits)


def open_dataset(directory: str | os.PathLike, name: str, split: str, kind: str = "sequences") -> Split:
  """Opens a split of a dataset.

  Args:
    directory: folder of datasets, as in `write_dataset`.
    name: "NAME" or "NAME/CONFIG".
    split: an alias in the dataset's metadata, or a TFDS split expression.
    kind: what the dataset must hold, "sequences" or "clips".

  Raises:
    FileNotFoundError: there is no such dataset; the message says how to build it.
    ValueError: there is no such split (the message lists those there are), or the dataset is of another kind.
  """
  folder = dataset_folder(directory, name)
  if folder is None:
    raise FileNotFoundError(
      f"no dataset {name!r} in {Path(directory, *_name_and_config(name))}; "
      f"build it: jaxvid build {name} --source=... --data_dir={directory}"
    )
  opened = Split(folder, split)
  if opened.kind != kind:
    raise ValueError(
      f"dataset {name!r} in {folder} holds {opened.kind}, but {kind} are read here; set config.data.type or "
      "config.data.dataset so that they fit"
    )
  return opened


def refuse_existing(directory: str | os.PathLike, name: str, version: str) -> None:
  """Raises FileExistsError where there is a dataset of this version; a long build calls it before it starts."""
  folder = Path(directory, *_name_and_config(name), version)
  if folder.exists():
    raise FileExistsError(f"{folder} exists; give --overwrite (overwrite=True) to replace it")


def write_dataset(
  directory: str | os.PathLike,
  name: str,
  version: str,
  records_by_split: Mapping[str, Callable[[], Iterator[Any]]],
  contract: FeatureContract | None,
  class_names: Sequence[str],
  *,
  kind: str = "sequences",
  splits: Mapping[str, str] | None = None,
  description: str = "",
  notes: Mapping[str, Any] | None = None,
  dtype: str = "float16",
  skipped: Sequence[Mapping[str, Any]] | None = None,
  manifest: Callable[[], Mapping[str, Any]] | None = None,
  overwrite: bool = False,
) -> Path:
  """Writes a dataset, completely or not at all.

  The shards are written in a staging folder, DIRECTORY/.building-NAME-..., which is renamed into place at the end and
  removed on any exception. A killed process leaves its staging folder, which nothing reads and anyone may delete.

  Args:
    directory: folder of datasets; made where it is absent.
    name: "NAME" or "NAME/CONFIG".
    version: "major.minor.patch".
    records_by_split: dict of TFDS split -> callable that gives an iterator of the kind's `Record` or `Clip`.
    contract: FeatureContract of the features; None for clips.
    class_names: list of names; label k is class_names[k].
    kind: what the records are, "sequences" or "clips".
    splits: dict of alias -> TFDS split expression.
    description: a sentence or two about the data.
    notes: further JSON-able metadata, a dict.
    dtype: of the features on disk, "float16" or "float32".
    skipped: list of dicts, one for each recording that was left out; it may grow while the records are read. Written to
      skipped.json.
    manifest: called once all records are read; returns what was expected, found and skipped, a JSON-able dict. Written
      to manifest.json.
    overwrite: replace the dataset of this version if there is one, once the new one is complete.

  Returns:
    Folder of the dataset.

  Raises:
    FileExistsError: the dataset exists and `overwrite` is False.
  """
  from jaxvid.data import tfds_builder  # Here, not above: slow to import.

  directory = Path(directory)
  dataset, config = _name_and_config(name)
  folder = directory / dataset / config / version
  if not overwrite:
    refuse_existing(directory, name, version)

  metadata = {
    "description": description,
    "kind": kind,
    "contract": contract and contract.to_dict(),
    "class_names": list(class_names),
    "splits": dict(splits or {}),
    **(notes or {}),
  }

  # Everything is written in a staging folder of the same file system, so that one rename puts it into place.
  directory_is_new = not directory.exists()
  directory.mkdir(parents=True, exist_ok=True)
  staging = Path(tempfile.mkdtemp(prefix=f".building-{dataset}-", dir=directory))
  try:
    builder = tfds_builder.make_builder(
      staging, dataset, config, version, records_by_split, metadata, KINDS[kind], dtype
    )
    builder.download_and_prepare()
    built = staging / dataset / config / version
    if skipped is not None:
      (built / "skipped.json").write_text(json.dumps(skipped, indent=2) + "\n")
    if manifest is not None:
      (built / "manifest.json").write_text(json.dumps(manifest(), indent=2) + "\n")
    if overwrite and folder.exists():
      folder.rename(staging / "replaced")
    _move_into_place(built, folder, replaced=staging / "replaced")
  finally:
    # A directory that was made only for a build that failed goes too.
    shutil.rmtree(staging)
    if directory_is_new and not any(directory.iterdir()):
      directory.rmdir()
  return folder


def _move_into_place(built: Path, folder: Path, replaced: Path) -> None:
  """Renames `built` to `folder`; if that fails, the dataset that was there is moved back from `replaced`."""
  folder.parent.mkdir(parents=True, exist_ok=True)
  try:
    built.rename(folder)
  except OSError as error:
    if folder.exists():
      raise FileExistsError(f"{folder}: another process has made it meanwhile") from error
    if replaced.exists():
      replaced.rename(folder)
    raise


def _name_and_config(name: str) -> tuple[str, str]:
  """Splits "NAME/CONFIG": ("hapt", "acc_gyro") for "hapt/acc_gyro", ("hapt", "default") for "hapt"."""
  match = re.fullmatch(r"([a-z]\w*)(?:/(\w+))?", name)
  if not match:
    raise ValueError(f"{name!r} is no name of a dataset; give NAME or NAME/CONFIG, such as hapt or hapt/acc_gyro")
  return match[1], match[2] or DEFAULT_CONFIG
