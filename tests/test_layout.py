"""A module's tests are found by its name, and no file is long.

The tests of jaxvid/ROOM/NAME.py are tests/ROOM/test_NAME.py, with a suffix where they are several files; those of a
small module stand with the module that uses it, or with its folder's.
"""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
MOST_LINES = 350
# Tests that are of no one module.
OF_SEVERAL = {
  "models/test_every_part.py": "all parts of all registries",
  "train/test_processes.py": "the training on two processes",
  "video/test_mutations.py": "damaged files",
  "weights/test_parity.py": "networks against the PyTorch reference",
}


def files_of_tests():
  """Those of the rooms; at top level tests are of commands, of single modules, or of the project as a whole."""
  paths = (path.relative_to(ROOT / "tests") for path in (ROOT / "tests").glob("*/**/test_*.py"))
  return sorted(str(path) for path in paths if path.parts[0] != "data_prep")


def module_of(test):
  """The module or folder whose name a test file has, the longest that fits; None if there is none."""
  test = pathlib.Path(test)
  folder = ROOT / "jaxvid" / test.parent
  named = [path for path in folder.glob("*") if path.suffix in ("", ".py") and path.stem != "__init__"]
  fitting = [path for path in named if f"{test.stem}_".startswith(f"test_{path.stem}_")]
  return max(fitting, key=lambda path: len(path.stem), default=None)


@pytest.mark.parametrize("test", [test for test in files_of_tests() if test not in OF_SEVERAL])
def test_a_file_of_tests_is_called_as_its_module(test):
  assert module_of(test), f"tests/{test}: no module or folder of jaxvid/{pathlib.Path(test).parent} has its name"


def test_the_list_holds_nothing_else():
  assert set(OF_SEVERAL) <= set(files_of_tests()) and not any(map(module_of, OF_SEVERAL))


def test_no_file_is_long():
  rooms = ("jaxvid", "configs", "data_prep", "tests", "benchmarks")
  lines = {path: path.read_text().count("\n") for room in rooms for path in (ROOT / room).rglob("*.py")}
  assert not [f"{path}: {count} lines" for path, count in lines.items() if count > MOST_LINES]
