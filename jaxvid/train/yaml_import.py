"""Makes workdirs from ActionFormer's and TriDet's checkpoints and their YAML configurations."""

import logging
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from jaxvid.data import store
from jaxvid.formats import class_names as names_file
from jaxvid.formats.contract import FeatureContract
from jaxvid.train import config_file, imported, public_weights
from jaxvid.train.public_weights import PublicNetwork
from jaxvid.weights import torch_files
from jaxvid.weights.reference_yaml import Translation, translate

_LOG = logging.getLogger("jaxvid.convert")


def from_torch(
  yaml: str | os.PathLike,
  torch: str | os.PathLike,
  workdir: str | os.PathLike,
  *,
  weights: str = "ema",
  dataset: str | None = None,
  data_dir: str = "data",
  class_names: str | os.PathLike | None = None,
) -> dict[str, Any]:
  """See jaxvid.convert.from_torch."""
  imported.refuse_existing(workdir)
  translation = translate(yaml)
  config, contract = dict(translation.config), _contract(translation.features)
  names: Sequence[str] = names_file.read(class_names, config["task"]["num_classes"]) if class_names else ()
  if dataset:
    config, contract, names = _from_dataset(config, contract, names, dataset, data_dir)
  config = config_file.complete(config)

  averaged, raw = torch_files.read(torch, weights)
  network = PublicNetwork("localization", config["model"], config["task"]["num_classes"], contract.dim)
  ema = network.import_tensors(averaged)["params"]
  params = ema if raw is averaged else network.import_tensors(raw)["params"]
  description = {"config": config, "class_names": list(names), "contract": contract.to_dict()}
  docstring = _docstring(translation, yaml, torch)
  imported.write_workdir(workdir, config, description, {"params": params}, ema, docstring)
  _LOG.info("%d tensors of %s: %s", len(averaged), torch, public_weights.format_count(ema))
  for note in translation.notes:
    _LOG.warning("%s: %s", yaml, note)
  return config


def _contract(features: Mapping[str, Any]) -> FeatureContract:
  """The feature contract as far as a YAML tells it; it does not name the extractor."""
  return FeatureContract(extractor="", weights_hash="", normalization="", **features)


def _from_dataset(
  config: dict[str, Any], contract: FeatureContract, names: Sequence[str], dataset: str, data_dir: str | os.PathLike
) -> tuple[dict[str, Any], FeatureContract, Sequence[str]]:
  """Completes configuration, contract and class names from a dataset; ValueError if it contradicts the YAML."""

  def open_split(*names: str) -> tuple[store.Split, str]:
    """The first of these splits that exists, and its name."""
    for name in names[:-1]:
      try:
        return store.open_dataset(data_dir, dataset, name), name
      except ValueError:  # No such split.
        continue
    return store.open_dataset(data_dir, dataset, names[-1]), names[-1]  # Its error lists the splits.

  source, test = open_split(config["eval"]["split"], "test")
  _, train = open_split(config["data"]["train_split"], "train")
  if differences := contract.differences(source.contract):
    raise ValueError(
      f"dataset {dataset} has other features than the YAML (YAML against dataset): {'; '.join(differences)}"
    )
  if len(source.class_names) != config["task"]["num_classes"]:
    raise ValueError(
      f"dataset {dataset} has {len(source.class_names)} classes, the YAML dataset.num_classes: "
      f"{config['task']['num_classes']}"
    )
  if names and list(names) != source.class_names:
    raise ValueError(f"--class_names: {_shorten(names)}, but dataset {dataset} has {_shorten(source.class_names)}")
  config = dict(
    config,
    data=dict(config["data"], dataset=dataset, data_dir=os.fspath(data_dir), train_split=train),
    eval=dict(config["eval"], split=test),
  )
  return config, source.contract, source.class_names


def _docstring(translation: Translation, yaml: str | os.PathLike, torch: str | os.PathLike) -> str:
  title = (
    f"{translation.system}'s {pathlib.Path(yaml).name}, as imported by jaxvid convert for {pathlib.Path(torch).name}."
  )
  commands = [
    "  jaxvid train --workdir=THIS_FOLDER --mode=eval",
    "  jaxvid train --workdir=NEW_FOLDER --config=THIS_FOLDER/config.py --config.train.init_from=THIS_FOLDER",
  ]
  notes = ["", "Differences from the original:", *(f"  {note}" for note in translation.notes)]
  return "\n".join([title, "", *commands, *(notes if translation.notes else ())])


def _shorten(values: Sequence[Any]) -> str:
  """The first five values, with commas between them."""
  return ", ".join(map(str, values[:5])) + (", ..." if len(values) > 5 else "")
