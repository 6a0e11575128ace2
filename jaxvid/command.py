"""The scaffold of all commands: flags and their help, messages, one-line errors, Ctrl-C.

A command is a file with a docstring (its help), `main(argv)`, and at the end

  if __name__ == "__main__":
    command.run(main)

Slow imports are inside its functions, so that --help and a wrong flag answer at once.
"""

import argparse
import contextlib
import difflib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from jaxvid import __version__

INTERRUPTED = 130  # Exit status after Ctrl-C, as in shells: 128 plus the signal's number.
_BROKEN_PIPE = 141
# Errors that a user can correct, shown in one line: a wrong path, a wrong value, a training that diverges.
_EXPECTED = (OSError, ValueError, FloatingPointError)
_NUMBER = re.compile(r"-\.?\d")


class Stopped(KeyboardInterrupt):
  """Ctrl-C, with a line for the user: what is kept and how to go on."""


class Parser(argparse.ArgumentParser):
  """Parser of a command's flags. Names an unknown flag, and the nearest known one, before flags that are missing.

  Attributes:
    overrides: prefix of flags that set values of a configuration, "config" for --config.SECTION.KEY=VALUE; None for
      commands without such flags.
  """

  def __init__(self, name: str, doc: str | None, overrides: str | None = None) -> None:
    super().__init__(
      prog=f"jaxvid {name}",
      description=doc,
      formatter_class=argparse.RawDescriptionHelpFormatter,
      allow_abbrev=False,
    )
    self.overrides = overrides
    self.add_argument("--version", action="version", version=f"jaxvid {__version__}", help="print the version")
    self.add_argument("--traceback", action="store_true", help="show where an error comes from, not only what it is")

  def add_switch(self, name: str, help: str, default: bool | None = None) -> None:
    """Adds a flag --NAME, which --noNAME and --NAME=false turn off."""
    add = self.add_argument
    add(f"--{name}", nargs="?", const=True, default=default, type=_truth, metavar="true|false", help=help)
    add(f"--no{name}", dest=name, action="store_false", default=default, help=argparse.SUPPRESS)

  def has(self, name: str) -> bool:
    """Whether there is a flag --NAME."""
    return f"--{name}" in self._option_string_actions

  def parse(self, argv: Sequence[str]) -> argparse.Namespace:
    """Parses flags; `overrides` of the result are the flags of the configuration, ["--config.optim.lr=3e-4"].

    Exits with status 0 after --help, and with 2 after a wrong flag and a line about it on standard error.
    """
    own, overrides = self._split(argv)
    if "--help" in own or "-h" in own:
      self.print_help()
      sys.exit(0)
    for argument in own:
      name = argument.partition("=")[0]
      if name.startswith("-") and name != "-" and not _NUMBER.match(name) and name not in self._option_string_actions:
        self.error(f"unknown flag {name}{did_you_mean(name, self._option_string_actions)}")
    flags, rest = self.parse_known_args(own)
    if rest:
      self.error(f"unexpected argument: {rest[0]}; flags are given as --NAME=VALUE")
    flags.overrides = overrides
    return flags

  def error(self, message: str) -> NoReturn:
    """Exits with status 2 and a line about a wrong flag."""
    message = message.replace("the following arguments are required:", "missing:")
    print(f"error: {message}\nSee {self.prog} --help.", file=sys.stderr)
    sys.exit(2)

  def _split(self, argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """(arguments of the command itself, those of the configuration, each as --PREFIX.KEY=VALUE)."""
    own, overrides, rest = [], [], list(argv)
    while rest:
      argument = rest.pop(0)
      if self.overrides and argument.startswith(f"--{self.overrides}."):
        takes_next = "=" not in argument and rest and not rest[0].startswith("--")
        overrides.append(f"{argument}={rest.pop(0)}" if takes_next else argument)
      else:
        own.append(argument)
    return own, overrides


def run(main: Callable[[Sequence[str]], int | None], argv: Sequence[str] | None = None) -> None:
  """Runs a command: messages go to standard error, results to standard output, expected errors become one line.

  Args:
    main: takes the arguments and returns the exit status, None for 0.
    argv: the arguments without the program's name; by default the process's.

  Raises:
    SystemExit: with 130 after Ctrl-C, with "error: ..." after an error. With --traceback errors come through.
  """
  argv = sys.argv[1:] if argv is None else list(argv)
  show_messages()
  try:
    status = main(argv)
    sys.stdout.flush()  # Here, not at the interpreter's end, so that a closed pipe is noticed inside `try`.
  except BrokenPipeError:  # The reader of our output, `head` say, has ended.
    with contextlib.suppress(OSError):
      os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(_BROKEN_PIPE)
  except KeyboardInterrupt as interrupt:
    if "--traceback" in argv:
      raise
    print(str(interrupt) or "Stopped.", file=sys.stderr)
    sys.exit(INTERRUPTED)
  except _EXPECTED as error:
    if "--traceback" in argv:
      raise
    sys.exit(error_line(error))
  if status:
    sys.exit(status)


@contextlib.contextmanager
def when_stopped(tell: str | Callable[[], str]) -> Iterator[None]:
  """Makes Ctrl-C inside the `with` end the command with a line for the user: what is kept and how to go on."""
  try:
    yield
  except Stopped:
    raise
  except KeyboardInterrupt:
    raise Stopped(tell() if callable(tell) else tell) from None


def error_line(error: BaseException) -> str:
  """The text "error: ..." with the error's notes, a line each; an OSError is shown as FILE: PROBLEM."""
  text = str(error)
  if isinstance(error, OSError) and error.filename is not None and error.strerror:
    text = f"{os.fsdecode(error.filename)}: {error.strerror}"
  return "\n".join([f"error: {text}", *getattr(error, "__notes__", [])])


def show_messages() -> None:
  """Shows jaxvid's messages on standard error, a line each; of other packages warnings only."""
  import absl.logging  # Here, not above: listing the commands does not need it.

  from jaxvid import progress

  absl.logging.set_verbosity(absl.logging.WARNING)  # Orbax logs every file it reads and writes.
  logging.basicConfig(format="%(message)s", handlers=[progress.LogHandler()])  # Above a progress bar, if one is open.
  logging.getLogger("jaxvid").setLevel(logging.INFO)


def did_you_mean(name: str, known: Iterable[str]) -> str:
  """The text "; did you mean NAME?" with the nearest known name, or "" if none is near."""
  near = difflib.get_close_matches(name, list(known), n=1)
  return f"; did you mean {near[0]}?" if near else ""


def list_of(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
  """The type of a flag with several values, with commas between them."""

  def values(text: str) -> list[Any]:
    return [kind(part) for part in text.split(",")]

  values.__name__ = f"{kind.__name__} list"
  return values


def _truth(text: str) -> bool:
  """The value of a switch."""
  known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
  if text.lower() not in known:
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
  return known[text.lower()]
