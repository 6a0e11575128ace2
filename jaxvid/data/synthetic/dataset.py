"""What datasets that are made up on the spot have in common, whatever they are of."""

import functools
import inspect
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jaxvid.data import store


def check_settings(write: Callable[..., Any], settings: Mapping[str, Any] | None) -> None:
  """ValueError where config.data.made_up has a key that `write` does not take."""
  known = [name for name in inspect.signature(write).parameters if name not in ("directory", "name")]
  for key in settings or {}:
    if key not in known:
      raise ValueError(f"made_up.{key}: nothing reads this key; it takes: {', '.join(known)}")


def open_split(data: Any, write: Callable[..., Any], split: str, workdir: str, kind: str = "sequences") -> store.Split:
  """A split of the dataset that the settings of a pipeline name.

  A made-up one is written below `workdir` first, where it is not there yet.

  Args:
    data: has dataset, data_dir and made_up, arguments of `write` or None.
    write: writes a made-up dataset, given directory and name.
    split, workdir: of the run.
    kind: what the dataset must hold.
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
  """Writes a dataset with the splits "train" and "test"; one that is there with the same settings is left alone.

  Args:
    directory, name, version: as `store.write_dataset` takes them.
    settings: JSON-able, what the records follow from: seed, num_train and num_test, and keyword arguments of `records`.
    records: (seed, number of records, first=index of the first, ...) -> the records.
    notes: further metadata.
    **rest: further arguments of `store.write_dataset`.

  Returns:
    The dataset's folder.
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
  except FileExistsError:  # Another process, of several that train together, was faster.
    return store.dataset_folder(directory, name)
