"""Flags that contract.json, which jaxvid extract writes beside features, makes unnecessary."""

import argparse
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.data_prep.building.plan import TIMING
from jaxvid.formats import contract
from jaxvid.formats.contract import FeatureContract

_TEXTS = ("extractor", "weights_hash", "normalization")


def complete(flags: argparse.Namespace, source: str | Path | None) -> argparse.Namespace:
  """The flags of `sequences.add_flags`; those not given are taken from the features' contract.

  Of features that --join puts together, all that have a contract must agree about their timing, which is then that of
  the whole; extractor, hash and normalisation are known where all have one, joined by "+".

  Args:
    flags: of `sequences.add_flags`.
    source: folder of features, or a file or None, which have no contract.

  Returns:
    A copy with `contract_dim`: the dim of all features together, None where a contract is missing.

  Raises:
    BadInput: a contract.json cannot be read, or two contradict each other.
  """
  sources = [path for path in (source, *flags.join) if path is not None]
  found = [known for known in map(FeatureContract.of_folder, sources) if known]
  values: dict[str, Any] = {name: _one(name, found, source) for name in TIMING}
  values |= dict.fromkeys((*_TEXTS, "contract_dim"))
  if found and len(found) == len(sources):
    values |= {name: _join([getattr(known, name) for known in found]) for name in _TEXTS}
    values["contract_dim"] = sum(known.dim for known in found)
  given = {name: value for name, value in vars(flags).items() if value is not None}
  return argparse.Namespace(**vars(flags) | values | given)


def check_dim(flags: argparse.Namespace, dim: int, source: str | Path) -> None:
  """Raises BadInput where the features have another dim than their contracts say."""
  if flags.contract_dim not in (None, dim):
    problem = f"{flags.contract_dim}, but the features have {dim}"
    raise BadInput(f"{source}/{contract.FILE}", "dim", problem, "Extract them again, or remove the file.")


def _one(name: str, found: list[FeatureContract], source: str | Path | None) -> float | None:
  """The number `name` that all contracts have; None without any."""
  values = {getattr(known, name) for known in found}
  if len(values) > 1:
    listed = " and ".join(map(str, sorted(values, key=str)))
    raise BadInput(str(source), name, f"{listed} in the {contract.FILE} of joined features", "Extract them alike.")
  return values.pop() if values else None


def _join(texts: list[str]) -> str:
  """The text that all have, or all of them with + between."""
  return texts[0] if len(set(texts)) == 1 else "+".join(texts)
