"""Convert checkpoints between public PyTorch code and jaxvid: ActionFormer, TriDet, clip networks.

  jaxvid convert --yaml=thumos_i3d.yaml --torch=epoch_035.pth.tar --workdir=runs/thumos
  jaxvid train --workdir=runs/thumos --mode=eval
  jaxvid predict --workdir=runs/thumos --input=video.npy --output=found.json
  jaxvid convert --workdir=runs/thumos --to_torch=epoch_035.pth.tar
  jaxvid convert --network=slow_r50 --torch=SLOW_8x8_R50.pyth --workdir=runs/slow_r50

--yaml is the configuration that the checkpoint was trained with. --torch is a checkpoint or state dict: .pth.tar, .pth,
.safetensors, or .npz of named arrays. --workdir gets the files that a training would have written: checkpoints/latest,
and config.py with the settings of the YAML. The model computes the same outputs as in its public code.

--network names a published clip network: r2plus1d_18 (torchvision), r2plus1d_34 (VMZ, IG-65M), i3d and i3d_flow (the
common PyTorch version), slow_r50, slowfast_r50, csn_r101 (pytorchvideo). The workdir classifies videos. To train on its
backbone with other classes or another head, give --config.train.backbone_from=DIR.
"""

import argparse
import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jaxvid import command

# Slow imports are inside the functions, so that --help and a wrong flag answer at once.
if TYPE_CHECKING:
  import numpy as np

_LOG = logging.getLogger("jaxvid.convert")  # Also where it runs as __main__.


def model_spec(yaml: str | os.PathLike | Mapping[str, Any]) -> dict[str, Any]:
  """The section config.model for a YAML configuration of ActionFormer or TriDet, a path or the file's values."""
  from jaxvid.weights.reference_yaml import translate

  return translate(yaml).config["model"]


def import_torch(model_spec: Mapping[str, Any], state_dict: Mapping[str, Any]) -> dict[str, Any]:
  """Imports a public state dict as variables of our network.

  Args:
    model_spec: the section config.model, a whole configuration, path or values of a YAML configuration, or the name of
      a clip network. Its keys num_classes and input_dim, if given, must be those of the tensors.
    state_dict: name -> array or tensor, with or without "module."; or a checkpoint, for its averaged weights.

  Returns:
    Variables for the network's `apply`, as NumPy arrays: {"params": ...}; of clip networks also "batch_stats".

  Raises:
    WeightsError: tensors and model do not fit; all names and both shapes are in the message.
  """
  from jaxvid.train import public_weights

  return public_weights.import_torch(model_spec, state_dict)


def export_torch(model_spec: Mapping[str, Any], variables: Mapping[str, Any]) -> "dict[str, np.ndarray]":
  """Exports variables of our network as a public state dict; the inverse of `import_torch`.

  Args:
    model_spec: as in `import_torch`.
    variables: {"params": ..., ...}; for localization also the parameters alone.

  Raises:
    WeightsError: the model has parameters that the public code does not have; all are named.
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
  """Makes a workdir from a YAML configuration and a weights file, as the command does.

  Args:
    yaml, torch: paths of the files.
    workdir: made if absent; must not hold a checkpoint.
    weights: "ema" or "raw": the state dict that becomes the averaged weights, used by evaluation, prediction and
      config.train.init_from. A training that is resumed goes on from the raw ones, if the file has them.
    dataset, data_dir: a dataset of ours, for class names, feature contract and splits.
    class_names: a file, see jaxvid.formats.class_names.

  Returns:
    The configuration, as plain values.

  Raises:
    YamlError: a key cannot be translated.
    WeightsError: tensors do not fit; all are named.
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
  """Writes the weights of a workdir to a file for the public code; see jaxvid.weights.torch_files.write."""
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
  here = parser.add_argument_group("from PyTorch to jaxvid")
  here.add_argument("--yaml", metavar="FILE", help="configuration that the checkpoint was trained with")
  here.add_argument("--network", metavar="NAME", help="or a clip network: slow_r50, r2plus1d_34, ... (see above)")
  here.add_argument("--torch", metavar="FILE", help="checkpoint or state dict")
  here.add_argument("--weights", choices=("ema", "raw"), default="ema", help="averaged (default) or raw weights")
  here.add_argument("--dataset", metavar="NAME", help="a dataset built by data_prep, for class names and contract")
  here.add_argument("--data_dir", metavar="DIR", default="data", help="where it lies; default: data")
  here.add_argument("--class_names", metavar="FILE", help="annotations (.json), or names one a line")
  there = parser.add_argument_group("from jaxvid to PyTorch")
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
