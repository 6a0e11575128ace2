"""What datasets that are made up on the spot have in common, whatever they are of."""

import inspect
import pathlib
from collections.abc import Callable, Mapping
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
  records_by_split: Mapping,
  settings: dict,
  notes: dict | None = None,
  **rest: Any,
) -> pathlib.Path:
  """Writes a dataset with its settings; one that is there with the same settings is left alone.

  Args:
    directory, name, version, records_by_split: as `store.write_dataset` takes them; there is a split "train".
    settings: JSON-able, what the records follow from.
    notes: further metadata.
    **rest: further arguments of `store.write_dataset`.

  Returns:
    The dataset's folder.
  """
  existing = store.dataset_folder(directory, name)
  if existing and store.Split(existing, "train").metadata.get("settings") == settings:
    return existing
  notes = {"settings": settings, **(notes or {})}
  try:
    return store.write_dataset(
      directory, name, version, records_by_split, notes=notes, overwrite=existing is not None, **rest
    )
  except FileExistsError:  # Another process, of several that train together, was faster.
    return store.dataset_folder(directory, name)
