"""Runs the commands, `jaxvid NAME ...` or `python -m jaxvid NAME ...`; lists them without a name."""

import ast
import importlib.util
import pathlib
import runpy
import sys
from collections.abc import Sequence

from jaxvid import __version__, command

# Name -> module, in the order in which a user needs them. A module is imported when its command is run.
COMMANDS = {
  "build": "jaxvid.data_prep.build",
  "stats": "jaxvid.data_prep.stats",
  "routines": "jaxvid.data_prep.routines",
  "train": "jaxvid.main",
  "evaluate": "jaxvid.evaluate",
  "predict": "jaxvid.predict",
  "extract": "jaxvid.extract",
  "explain": "jaxvid.explain",
  "fuse": "jaxvid.fuse",
  "embed": "jaxvid.embed",
  "study": "jaxvid.study",
  "complexity": "jaxvid.complexity",
  "convert": "jaxvid.convert",
}
ALIASES = {"main": "train"}


def main(argv: Sequence[str]) -> None:
  """Runs the command that the first argument names; without one, or with --help, lists them."""
  name = argv[0] if argv else "--help"
  if name in ("-h", "--help"):
    print(f"usage: jaxvid NAME ...     (see jaxvid NAME --help)\n\n{_list_commands()}")
  elif name == "--version":
    print(f"jaxvid {__version__}")
  elif (module := COMMANDS.get(ALIASES.get(name, name))) is None:
    near = command.did_you_mean(name, [*COMMANDS, *ALIASES])
    raise ValueError(f'there is no command "{name}"{near or "; there are:"}\n\n{_list_commands()}')
  else:
    sys.argv[1:] = argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _list_commands() -> str:
  width = max(map(len, COMMANDS))
  return "\n".join(f"  {name:<{width}}  {_summary(module)}" for name, module in COMMANDS.items())


def _summary(module: str) -> str:
  """First line of a command's docstring, read without importing the command, which would take seconds."""
  package, _, name = module.rpartition(".")
  [folder] = importlib.util.find_spec(package).submodule_search_locations
  return ast.get_docstring(ast.parse((pathlib.Path(folder) / f"{name}.py").read_text(encoding="utf-8"))).splitlines()[0]


def run() -> None:
  """Entry point of the console script."""
  command.run(main)


if __name__ == "__main__":
  run()
