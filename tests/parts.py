"""The parts that the registries find, with the tiny settings that each part's own file gives."""

import importlib

import pytest

from jaxvid.build import TASKS, find_file, types
from jaxvid.tasks.base import task_file


def network_registries():
  """The registries of network parts, as the tasks name them."""
  return list(dict.fromkeys(kind for task in types(TASKS) for kind in task_file(task).Model.PARTS.values()))


def tiny(registry, name):
  """The settings `TINY` of a part's file."""
  file = find_file(registry, name, "a test")
  if not isinstance(getattr(file, "TINY", None), dict):
    entry = importlib.import_module(registry).ENTRY
    pytest.fail(
      f"{file.__file__} has no TINY. Below its imports, add the smallest settings of {entry} that have every kind of "
      f"layer, such as TINY = dict(width=8); the docstring of {registry} says what goes in"
    )
  return dict(file.TINY)
