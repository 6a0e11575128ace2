"""What data_prep's commands share: finding the dataset, the form of their help, and errors in one line."""

import argparse
import contextlib
import sys
from collections.abc import Iterator

from jaxvid.data_prep import dataset as datasets
from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.dataset import Dataset


def load_dataset(name: str) -> Dataset:
  """The dataset of a name; one that cannot be had ends the command."""
  with errors_in_one_line(ValueError, ImportError):
    return datasets.load(name)


@contextlib.contextmanager
def errors_in_one_line(*others: type[Exception]) -> Iterator[None]:
  """Ends the command with "error: ..." and exit status 1 on a BadInput, or one of `others`, in the body."""
  caught: tuple[type[Exception], ...] = (BadInput, *others)
  try:
    yield
  except caught as error:
    sys.exit(f"error: {error}")


def make_parser(command: str, description: str | None) -> argparse.ArgumentParser:
  """A parser for `jaxvid COMMAND`: flags are not abbreviated, and the description is not wrapped."""
  return argparse.ArgumentParser(
    prog=f"jaxvid {command}",
    description=description,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
