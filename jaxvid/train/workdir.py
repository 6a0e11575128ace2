"""Reads the configuration of a workdir as plain values, without executing any file in it."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

FILE = "config.json"


def read_config(workdir: str, kind: str = "latest") -> dict[str, Any] | None:
  """The configuration of a workdir: its config.json, or else that in its checkpoint; None without either.

  Args:
    workdir: of a training or an import.
    kind: checkpoint to read, "latest" or "best".

  Raises:
    ValueError: config.json is not a configuration.
  """
  folder = pathlib.Path(workdir)
  path = folder / FILE
  if path.is_file():
    try:
      values = json.loads(path.read_text())
    except ValueError as error:
      raise ValueError(f"{path}: not readable as JSON ({error}); give --config, or remove the file") from error
    if not isinstance(values, dict) or "task" not in values:
      raise ValueError(f"{path}: not a configuration of jaxvid; give --config, or remove the file")
    return with_tuples(values)
  from jaxvid.train.checkpoint import Checkpoints  # Here, not above: orbax takes seconds to import.

  with Checkpoints(folder) as checkpoints:
    return with_tuples(checkpoints.describe(kind)["config"]) if checkpoints.steps(kind) is not None else None


def with_tuples(value: Any) -> Any:
  """Replaces JSON's lists by tuples, as configurations have them."""
  if isinstance(value, Mapping):
    return {key: with_tuples(item) for key, item in value.items()}
  return tuple(map(with_tuples, value)) if isinstance(value, list) else value
