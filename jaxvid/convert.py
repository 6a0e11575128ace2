"""Bring checkpoints of public PyTorch code here, and take them back there: ActionFormer, TriDet, networks of clips.

  jaxvid convert --yaml=thumos_i3d.yaml --torch=epoch_035.pth.tar --workdir=runs/thumos
  jaxvid train --workdir=runs/thumos --mode=eval
  jaxvid predict --workdir=runs/thumos --input=video.npy --output=found.json
  jaxvid convert --workdir=runs/thumos --to_torch=epoch_035.pth.tar
  jaxvid convert --network=slow_r50 --torch=SLOW_8x8_R50.pyth --workdir=runs/slow_r50

--yaml is the configuration that the checkpoint was trained with, read over its code's defaults. --torch is a checkpoint
or state dict: .pth.tar, .pth, .safetensors, or .npz of named arrays. --workdir becomes what a training here would have
left: checkpoints/latest, and config.py with all the settings of the YAML. The model runs as it did there, padding
included, so that its outputs are the same.

--network names a network of clips whose weights are public: r2plus1d_18 (torchvision), r2plus1d_34 (VMZ, IG-65M), i3d
and i3d_flow (the common PyTorch version), slow_r50, slowfast_r50, csn_r101 (pytorchvideo). The workdir classifies
videos; its backbone serves trainings as --config.train.backbone_from=DIR, whatever their classes and heads.
"""

import argparse
import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jaxvid import command

# Everything that is slow to import is imported in the functions, so that --help and a wrong flag answer at once.
if TYPE_CHECKING:
  import numpy as np

_LOG = logging.getLogger("jaxvid.convert")  # Also where it runs as __main__.


def model_spec(yaml: str | os.PathLike | Mapping[str, Any]) -> dict[str, Any]:
  """The section config.model for a YAML configuration of ActionFormer or TriDet: a file's path, or its values."""
  from jaxvid.weights.reference_yaml import translate

  return translate(yaml).config["model"]


def import_torch(model_spec: Mapping[str, Any], state_dict: Mapping[str, Any]) -> dict[str, Any]:
  """Our variables from a public state dict.

  Args:
    model_spec: the section config.model, a configuration that holds it, a YAML configuration's path or values, or the
      name of a network of clips. Classes and features are as many as the tensors say, unless it says num_classes and
      input_dim.
    state_dict: name -> array or tensor, with or without "module."; a checkpoint's averaged weights are taken.

  Returns:
    {"params": ...}, NumPy arrays, for the network's `apply`; of clips, {"params": ..., "batch_stats": ...}.

  Raises:
    WeightsError: tensors and model do not fit; all names and both shapes are in the message.
  """
  from jaxvid.train import public_weights

  return public_weights.import_torch(model_spec, state_dict)


def export_torch(model_spec: Mapping[str, Any], variables: Mapping[str, Any]) -> "dict[str, np.ndarray]":
  """The state dict of public code that holds our variables: the inverse of `import_torch`.

  Args:
    model_spec: as there.
    variables: as there; of a localization, the parameters themselves will do.

  Raises:
    WeightsError: the model has parts that the public code does not; all their parameters are named.
  """
  from jaxvid.train import public_weights

  return public_weights.export_torch(model_spec, variables)


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
  """Makes a workdir of a YAML configuration and a file of weights: what the command does.

  Args:
    yaml, torch: the files.
    workdir: made where it is absent; must not hold a checkpoint.
    weights: "ema" or "raw": which of a checkpoint's two state dicts becomes the averaged weights, which evaluation,
      prediction and config.train.init_from use. The raw ones, where the file has them, are what training goes on from.
    dataset, data_dir: a dataset of ours, to take class names, feature contract and splits from.
    class_names: a file, see jaxvid.formats.class_names.

  Returns:
    The configuration, as plain values.

  Raises:
    YamlError, WeightsError: a key without a meaning here, or tensors that do not fit; all are named.
    ValueError: the dataset or the class names do not fit the YAML.
    FileExistsError: the workdir holds a checkpoint.
  """
  from jaxvid.train import yaml_import

  return yaml_import.from_torch(
    yaml, torch, workdir, weights=weights, dataset=dataset, data_dir=data_dir, class_names=class_names
  )


def to_torch(
  workdir: str | os.PathLike, file: str | os.PathLike, *, checkpoint: str = "latest", module_prefix: bool | None = None
) -> None:
  """Writes the weights of a workdir as the public code loads them; see jaxvid.weights.torch_files.write."""
  from jaxvid.train import public_weights

  public_weights.to_torch(workdir, file, checkpoint=checkpoint, module_prefix=module_prefix)


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  with command.when_stopped("Stopped. The same command begins again; a workdir without a checkpoint may be deleted."):
    if flags.to_torch:
      to_torch(flags.workdir, flags.to_torch, checkpoint=flags.checkpoint, module_prefix=flags.module_prefix)
    elif flags.network:
      from jaxvid.train import clip_import

      clip_import.from_torch(flags.network, flags.torch, flags.workdir, flags.class_names)
      _LOG.info("ready: jaxvid predict --workdir=%s --input=VIDEO", flags.workdir)
    else:
      settings = {name: getattr(flags, name) for name in ("weights", "dataset", "data_dir", "class_names")}
      from_torch(flags.yaml, flags.torch, flags.workdir, **settings)
      _LOG.info("ready: jaxvid train --workdir=%s --mode=eval", flags.workdir)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("convert", __doc__)
  parser.add_argument("--workdir", required=True, metavar="DIR", help="folder to make, or to read with --to_torch")
  here = parser.add_argument_group("from there to here")
  here.add_argument("--yaml", metavar="FILE", help="the configuration it was trained with")
  here.add_argument("--network", metavar="NAME", help="or a network of clips: slow_r50, r2plus1d_34, ... (see above)")
  here.add_argument("--torch", metavar="FILE", help="checkpoint or state dict")
  here.add_argument("--weights", choices=("ema", "raw"), default="ema", help="averaged (default) or raw weights")
  here.add_argument("--dataset", metavar="NAME", help="a dataset built by data_prep, for class names and contract")
  here.add_argument("--data_dir", metavar="DIR", default="data", help="where it lies; default: data")
  here.add_argument("--class_names", metavar="FILE", help="annotations (.json), or names one a line")
  there = parser.add_argument_group("from here to there")
  there.add_argument("--to_torch", metavar="FILE", help="write .pth.tar, .pth, .safetensors or .npz")
  there.add_argument("--checkpoint", choices=("latest", "best"), default="latest")
  there.add_argument(
    "--module_prefix", action=argparse.BooleanOptionalAction,
    help='names begin with "module.", as the public eval.py expects; default: in .pth.tar only',
  )  # fmt: skip
  flags = parser.parse(argv)
  if bool(flags.to_torch) == bool(flags.yaml or flags.network or flags.torch) or (flags.yaml and flags.network):
    parser.error("give --yaml and --torch, or --network and --torch, or --to_torch")
  if not flags.to_torch and not (flags.torch and (flags.yaml or flags.network)):
    parser.error("--torch is missing" if not flags.torch else "--yaml or --network is missing")
  return flags


if __name__ == "__main__":
  command.run(main)
