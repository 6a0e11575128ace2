"""The console script: `jaxvid NAME ...` is `python -m jaxvid.NAME ...`."""

import ast
import importlib.util
import os
import pathlib
import runpy
import sys

COMMANDS = ("main", "evaluate", "predict", "extract", "fuse", "convert", "study", "complexity", "embed", "explain")


def main() -> None:
  """Runs the command that the first argument names; without one, or with --help, lists them."""
  name = sys.argv[1] if len(sys.argv) > 1 else "--help"
  if name in ("-h", "--help"):
    print(f"usage: jaxvid NAME ...     (jaxvid NAME --help tells more)\n\n{_list_commands()}")
  elif name not in COMMANDS:
    sys.exit(f'error: there is no command "{name}"; there are:\n\n{_list_commands()}')
  else:
    # As `python -m` does: configurations import `configs` from the folder the command is given in.
    sys.path.insert(0, os.getcwd())
    del sys.argv[1]
    runpy.run_module(f"jaxvid.{name}", run_name="__main__", alter_sys=True)


def _list_commands() -> str:
  width = max(map(len, COMMANDS))
  return "\n".join(f"  {name:<{width}}  {_summary(name)}" for name in COMMANDS)


def _summary(name: str) -> str:
  """First line of a command's docstring, read from its file: importing all commands to list them would take seconds."""
  source = pathlib.Path(importlib.util.find_spec(f"jaxvid.{name}").origin).read_text()
  return ast.get_docstring(ast.parse(source)).splitlines()[0]
