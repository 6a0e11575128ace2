"""Public PyTorch weights of clip networks as workdirs and as our variables, and back."""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxvid.tasks.base import build_network
from jaxvid.train import config_file, imported
from jaxvid.weights import class_names as names_file
from jaxvid.weights import clip_backbones, clip_networks, torch_files

# Pixels are a square of this side where only the variables' shapes matter: those do not depend on it.
_SIDE, _FRAMES = 32, 32


def import_variables(model: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
  """{"params", "batch_stats"} of the network that config.model describes, its head the pool, from a state dict.

  Raises:
    WeightsError: tensors and model do not fit; all names and both shapes are in the message.
  """
  backbone = model["backbone"]["type"]
  num_classes = clip_backbones.num_classes(tensors, backbone)
  return clip_backbones.import_variables(tensors, backbone, shapes_of(model, num_classes))


def shapes_of(model: Mapping[str, Any], num_classes: int) -> dict[str, Any]:
  """The variables of the network that config.model describes, as shapes."""
  head = dict(model["head"], window=None) if model["head"]["type"] == "pool" else model["head"]
  network = build_network(dict(model, head=head), num_classes, "recognition")
  channels = model["backbone"].get("in_channels", 3)
  clip = jax.ShapeDtypeStruct((1, _FRAMES, _SIDE, _SIDE, channels), np.float32)
  return dict(jax.eval_shape(network.init, jax.random.key(0), clip))


def from_torch(
  network: str, torch: str | os.PathLike, workdir: str | os.PathLike, class_names: str | os.PathLike | None = None
) -> dict[str, Any]:
  """Makes a workdir of a file of weights of a published network: what `jaxvid.convert --network` does.

  Args:
    network: a key of jaxvid.weights.clip_networks.NETWORKS.
    torch: the file.
    workdir: made where it is absent; must not hold a checkpoint.
    class_names: a file, see jaxvid.weights.class_names. Of 400 classes they are taken for Kinetics-400's.

  Returns:
    The configuration, as plain values. It classifies videos; to train on its backbone, name the workdir as
    config.train.backbone_from of another configuration.
  """
  imported.refuse_existing(workdir)
  spec = clip_networks.spec_of(network)
  tensors, _ = torch_files.read(torch, "raw")
  variables = import_variables(spec["model"], tensors)
  num_classes = clip_backbones.num_classes(tensors, spec["model"]["backbone"]["type"])
  if class_names:
    names = names_file.read(class_names, num_classes)
  else:
    names = clip_networks.kinetics_400() if num_classes == 400 else ()
  config = config_file.complete(
    dict(
      seed=0,
      task=dict(type="recognition", num_classes=num_classes),
      model=spec["model"],
      data=dict(type="clips", dataset="", batch_size=8, **spec["data"]),
      optim=dict(type="adam", lr=1e-5, ema=0.0, schedule=dict(type="warmup_cosine", warmup_epochs=0, epochs=30)),
      train={},
      eval=dict(type="recognition"),
    )
  )
  description = {"config": config, "class_names": list(names), "contract": None}
  docstring = "\n".join(
    [
      f"{network} with the weights of {pathlib.Path(torch).name}, as jaxvid.convert read them.",
      "",
      "  python -m jaxvid.predict --workdir=THIS_FOLDER --input=VIDEO",
      "  python -m jaxvid.main --workdir=NEW_FOLDER --config=CONFIG --config.train.backbone_from=THIS_FOLDER",
    ]
  )
  imported.write_workdir(workdir, config, description, variables, variables["params"], docstring)
  return config
