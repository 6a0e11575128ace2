"""Checks, writes and opens made-up datasets, of whatever kind."""

import functools
import inspect
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jaxvid.data import store


def check_settings(write: Callable[..., Any], settings: Mapping[str, Any] | None) -> None:
  """Raises ValueError where config.data.made_up has a key that is no argument of `write`."""
  known = [name for name in inspect.signature(write).parameters if name not in ("directory", "name")]
  for key in settings or {}:
    if key not in known:
      raise ValueError(f"made_up.{key}: nothing reads this key; it takes: {', '.join(known)}")


def open_split(data: Any, write: Callable[..., Any], split: str, workdir: str, kind: str = "sequences") -> store.Split:
  """Opens a split of the dataset of a pipeline; a made-up dataset is first written below `workdir`, if it is not there.

  Args:
    data: settings with dataset, data_dir and made_up, which holds arguments of `write` or is None.
    write: writes a made-up dataset, given directory and name.
    split: alias or TFDS split expression.
    workdir: folder of the run.
    kind: what the dataset must hold, "sequences" or "clips".
  """
  if data.made_up is None:
    return store.open_dataset(data.data_dir, data.dataset, split, kind=kind)
  folder = pathlib.Path(workdir) / "made_up"
  write(folder, name=data.dataset, **data.made_up)
  return store.open_dataset(folder, data.dataset, split, kind=kind)


def write_once(
  directory: Any,
  name: str,
  version: str,
  settings: dict[str, Any],
  records: Callable[..., Iterator[Any]],
  notes: Mapping[str, Any] | None = None,
  **rest: Any,
) -> pathlib.Path:
  """Writes a dataset with the splits "train" and "test"; an existing one with the same settings is kept.

  Args:
    directory, name, version: as `store.write_dataset` takes them.
    settings: all that determines the records, JSON-able: seed, num_train, num_test, and keyword arguments of `records`.
    records: makes the records, given the seed, their number, first=index of the first one, and the other settings.
    notes: further metadata.
    **rest: further arguments of `store.write_dataset`.

  Returns:
    Folder of the dataset.
  """
  existing = store.dataset_folder(directory, name)
  if existing and store.Split(existing, "train").metadata.get("settings") == settings:
    return existing
  others = {key: value for key, value in settings.items() if key not in ("seed", "num_train", "num_test")}
  make = functools.partial(records, settings["seed"], **others)
  splits = {
    "train": lambda: make(settings["num_train"], first=0),
    "test": lambda: make(settings["num_test"], first=settings["num_train"]),
  }
  notes = {"settings": settings, **(notes or {})}
  try:
    return store.write_dataset(directory, name, version, splits, notes=notes, overwrite=existing is not None, **rest)
  except FileExistsError:  # Several processes train together, and another one was faster.
    return store.dataset_folder(directory, name)
