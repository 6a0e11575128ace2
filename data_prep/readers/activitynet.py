"""Reads annotations in ActivityNet's container."""

import argparse
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building import activitynet_json
from jaxvid.data_prep.building.annotated import Annotated


def read(source: str | Path, flags: argparse.Namespace, **settings: Any) -> Annotated:
  """The annotations in --annotations, or in the one .json file of a folder of features.

  Args:
    source: the folder of features.
    flags: with annotations.
    **settings: of `activitynet_json.read`, such as the subsets that there can be.

  Raises:
    BadInput: there is no such file, or its classes or subsets are bad.
  """
  return activitynet_json.read(flags.annotations or activitynet_json.only_json(source), **settings)
