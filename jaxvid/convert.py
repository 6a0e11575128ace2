"""Bring checkpoints of public PyTorch code here, and take them back there: ActionFormer, TriDet, networks of clips.

  python -m jaxvid.convert --yaml=thumos_i3d.yaml --torch=epoch_035.pth.tar --workdir=runs/thumos
  python -m jaxvid.main --workdir=runs/thumos --mode=eval
  python -m jaxvid.predict --workdir=runs/thumos --input=video.npy --output=found.json
  python -m jaxvid.convert --workdir=runs/thumos --to_torch=epoch_035.pth.tar
  python -m jaxvid.convert --network=slow_r50 --torch=SLOW_8x8_R50.pyth --workdir=runs/slow_r50

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
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jaxvid import command_log

# Everything that is slow to import is imported in the functions, so that --help and a wrong flag answer at once.
if TYPE_CHECKING:
  import numpy as np

  from jaxvid.data.contract import FeatureContract

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
  from jaxvid.weights import localization, torch_files

  if clip_model := _clip_model(model_spec):
    from jaxvid.train import clip_import

    return clip_import.import_variables(clip_model, torch_files.state_dict(state_dict, "raw"))
  model, num_classes, dim = _model(model_spec)
  tensors = torch_files.state_dict(state_dict)
  dim_there, num_classes_there = localization.sizes(tensors)
  shapes = parameter_shapes(model, num_classes or num_classes_there, dim or dim_there)
  return {"params": localization.import_params(tensors, shapes, model["backbone"]["type"])}


def export_torch(model_spec: Mapping[str, Any], variables: Mapping[str, Any]) -> "dict[str, np.ndarray]":
  """The state dict of public code that holds our variables: the inverse of `import_torch`.

  Args:
    model_spec: as there.
    variables: as there; of a localization, the parameters themselves will do.

  Raises:
    WeightsError: the model has parts that the public code does not; all their parameters are named.
  """
  from jaxvid.weights import clip_backbones, localization

  if clip_model := _clip_model(model_spec):
    return clip_backbones.export_tensors(variables, clip_model["backbone"]["type"])
  model, *_ = _model(model_spec)
  return localization.export_params(variables.get("params", variables), model["backbone"]["type"])


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
    class_names: a file, see jaxvid.weights.class_names.

  Returns:
    The configuration, as plain values.

  Raises:
    YamlError, WeightsError: a key without a meaning here, or tensors that do not fit; all are named.
    ValueError: the dataset or the class names do not fit the YAML.
    FileExistsError: the workdir holds a checkpoint.
  """
  from jaxvid.train import config_file, imported
  from jaxvid.weights import class_names as names_file
  from jaxvid.weights import localization, torch_files
  from jaxvid.weights.reference_yaml import translate

  imported.refuse_existing(workdir)
  translation = translate(yaml)
  config, contract = translation.config, _contract(translation.features)
  names = names_file.read(class_names, config["task"]["num_classes"]) if class_names else ()
  if dataset:
    config, contract, names = _from_dataset(config, contract, names, dataset, data_dir)
  config = config_file.complete(config)

  averaged, raw = torch_files.read(torch, weights)
  model = config["model"]
  shapes = parameter_shapes(model, config["task"]["num_classes"], contract.dim)
  ema = localization.import_params(averaged, shapes, model["backbone"]["type"])
  params = ema if raw is averaged else localization.import_params(raw, shapes, model["backbone"]["type"])
  description = {"config": config, "class_names": list(names), "contract": contract.to_dict()}
  docstring = _docstring(translation, yaml, torch)
  imported.write_workdir(workdir, config, description, {"params": params}, ema, docstring)
  _LOG.info("%d tensors of %s: %s", len(averaged), torch, _parameters(ema))
  for note in translation.notes:
    _LOG.warning("%s: %s", yaml, note)
  return config


def to_torch(
  workdir: str | os.PathLike, file: str | os.PathLike, *, checkpoint: str = "latest", module_prefix: bool | None = None
) -> None:
  """Writes the weights of a workdir as the public code loads them; see jaxvid.weights.torch_files.write."""
  from jaxvid.train.checkpoint import Checkpoints
  from jaxvid.weights import torch_files

  with Checkpoints(workdir) as checkpoints:
    description = checkpoints.describe(checkpoint)
    config = description["config"]
    if config["task"]["type"] == "recognition":
      from jaxvid.train import clip_import

      shapes = clip_import.shapes_of(config["model"], config["task"]["num_classes"])
      like, stats = shapes["params"], {"batch_stats": shapes["batch_stats"]}
    else:
      like, stats = parameter_shapes(config["model"], config["task"]["num_classes"], description["contract"]["dim"]), {}
    parts = checkpoints.restore_parts(checkpoint, _on_one_device({"params": like, "ema": like, "model_state": stats}))
  weights = {"ema": parts["ema"], "raw": parts["params"]}
  tensors = {name: export_torch(config, {"params": part, **parts["model_state"]}) for name, part in weights.items()}
  torch_files.write(file, tensors, module_prefix)
  _LOG.info("%d tensors, %s: %s", len(tensors["ema"]), _parameters(parts["ema"]), file)


def _clip_model(spec):
  """config.model of a network of clips, which has no neck, or that of a network's name; None of all others."""
  from jaxvid.weights import clip_networks

  if isinstance(spec, str) and spec in clip_networks.NETWORKS:
    return clip_networks.NETWORKS[spec]["model"]
  if hasattr(spec, "to_dict"):
    spec = spec.to_dict()
  if not isinstance(spec, Mapping):
    return None
  model = spec.get("model") if "backbone" not in spec and isinstance(spec.get("model"), Mapping) else spec
  if not isinstance(model.get("backbone"), Mapping) or "neck" in model:
    return None
  return dict(model, head=model.get("head", {"type": "pool"}))


def _model(spec):
  """(config.model, num_classes or None, dim or None) of what `import_torch` takes as a model_spec."""
  if isinstance(spec, str | os.PathLike):
    return model_spec(spec), None, None
  spec = spec.to_dict() if hasattr(spec, "to_dict") else dict(spec)  # An ml_collections.ConfigDict is no Mapping.
  if "backbone" not in spec:
    inner = spec.get("model")
    if not isinstance(inner, Mapping) or "backbone" not in inner:
      return model_spec(spec), None, None
    spec = dict(inner)
  return spec, spec.pop("num_classes", None), spec.pop("input_dim", None)


def parameter_shapes(model: Mapping[str, Any], num_classes: int, dim: int) -> dict[str, Any]:
  """The parameters of the network that config.model describes, as shapes."""
  import jax
  import jax.numpy as jnp

  from jaxvid.tasks.base import build_network

  network = build_network(model, num_classes)
  steps = network.backbone.scale_factor ** network.backbone.depths[2]
  like = jax.ShapeDtypeStruct((1, steps, dim), jnp.float32), jax.ShapeDtypeStruct((1, steps), jnp.bool_)
  return jax.eval_shape(network.init, jax.random.key(0), *like)["params"]


def _on_one_device(shapes):
  import jax

  placed = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
  return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=placed), shapes)


def _contract(features: Mapping[str, Any]) -> "FeatureContract":
  """What a YAML says of the features; what they were extracted with it does not say."""
  from jaxvid.data.contract import FeatureContract

  return FeatureContract(extractor="", weights_hash="", normalization="", **features)


def _from_dataset(config, contract, names, dataset, data_dir):
  """Configuration, contract and class names with what a dataset knows, which must not contradict the YAML."""
  from jaxvid.data import store

  def open_split(*names):
    """The first of these splits that there is, and its name."""
    for name in names[:-1]:
      try:
        return store.open_dataset(data_dir, dataset, name), name
      except ValueError:  # There is no such split.
        continue
    return store.open_dataset(data_dir, dataset, names[-1]), names[-1]  # Or else an error that lists those there are.

  source, test = open_split(config["eval"]["split"], "test")
  _, train = open_split(config["data"]["train_split"], "train")
  if differences := contract.differences(source.contract):
    raise ValueError(
      f"the features of dataset {dataset} are not the YAML's (YAML against dataset): {'; '.join(differences)}"
    )
  if len(source.class_names) != config["task"]["num_classes"]:
    raise ValueError(
      f"dataset {dataset} has {len(source.class_names)} classes, the YAML dataset.num_classes: "
      f"{config['task']['num_classes']}"
    )
  if names and list(names) != source.class_names:
    raise ValueError(f"--class_names: {_shortened(names)}, but dataset {dataset} has {_shortened(source.class_names)}")
  config = dict(
    config,
    data=dict(config["data"], dataset=dataset, data_dir=os.fspath(data_dir), train_split=train),
    eval=dict(config["eval"], split=test),
  )
  return config, source.contract, source.class_names


def _docstring(translation, yaml, torch):
  title = f"{translation.system}'s {pathlib.Path(yaml).name}, as jaxvid.convert read it for {pathlib.Path(torch).name}."
  commands = [
    "  python -m jaxvid.main --workdir=THIS_FOLDER --mode=eval",
    "  python -m jaxvid.main --workdir=NEW_FOLDER --config=THIS_FOLDER/config.py --config.train.init_from=THIS_FOLDER",
  ]
  notes = ["", "What is otherwise here than there:", *(f"  {note}" for note in translation.notes)]
  return "\n".join([title, "", *commands, *(notes if translation.notes else ())])


def _parameters(params):
  import jax

  return f"{sum(x.size for x in jax.tree.leaves(params)):,} parameters"


def _shortened(values: Sequence[Any]) -> str:
  return ", ".join(map(str, values[:5])) + (", ..." if len(values) > 5 else "")


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  try:
    if flags.to_torch:
      to_torch(flags.workdir, flags.to_torch, checkpoint=flags.checkpoint, module_prefix=flags.module_prefix)
    elif flags.network:
      from jaxvid.train import clip_import

      clip_import.from_torch(flags.network, flags.torch, flags.workdir, flags.class_names)
      _LOG.info("ready: python -m jaxvid.predict --workdir=%s --input=VIDEO", flags.workdir)
    else:
      settings = {name: getattr(flags, name) for name in ("weights", "dataset", "data_dir", "class_names")}
      from_torch(flags.yaml, flags.torch, flags.workdir, **settings)
      _LOG.info("ready: python -m jaxvid.main --workdir=%s --mode=eval", flags.workdir)
  except (OSError, ValueError) as error:
    if flags.traceback:
      raise
    sys.exit(f"error: {error}")


def _parse(argv):
  parser = argparse.ArgumentParser(
    prog="python -m jaxvid.convert", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )  # fmt: skip
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
  parser.add_argument("--traceback", action="store_true", help="show where an error came from, not only what it was")
  flags = parser.parse_args(argv)
  if bool(flags.to_torch) == bool(flags.yaml or flags.network or flags.torch) or (flags.yaml and flags.network):
    parser.error("give --yaml and --torch, or --network and --torch, or --to_torch")
  if not flags.to_torch and not (flags.torch and (flags.yaml or flags.network)):
    parser.error("--torch is missing" if not flags.torch else "--yaml or --network is missing")
  return flags


def run() -> None:
  """Entry point of the command."""
  command_log.show()
  main(sys.argv[1:])


if __name__ == "__main__":
  run()
