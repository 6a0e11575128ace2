"""Annotations in ActivityNet's container, of any dataset."""

import argparse
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building import activitynet_json
from jaxvid.data_prep.building.annotated import Annotated


def read(source: str | Path, flags: argparse.Namespace, **settings: Any) -> Annotated:
  """Reads the file --annotations, or the one .json file in the folder of features.

  Args:
    source: the folder of features.
    flags: with `annotations`, a path or None.
    **settings: of `activitynet_json.read`, such as the subsets that there can be.

  Raises:
    BadInput: there is no such file, or its classes or subsets are bad.
  """
  return activitynet_json.read(flags.annotations or activitynet_json.only_json(source), **settings)
