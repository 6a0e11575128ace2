"""Makes workdirs from published weights of clip networks."""

import os
import pathlib
from typing import Any

from jaxvid.formats import class_names as names_file
from jaxvid.train import config_file, imported
from jaxvid.train.public_weights import PublicNetwork
from jaxvid.weights import clip_networks, torch_files


def from_torch(
  network: str, torch: str | os.PathLike, workdir: str | os.PathLike, class_names: str | os.PathLike | None = None
) -> dict[str, Any]:
  """Makes a workdir from a weights file of a published network, as `jaxvid convert --network` does.

  The workdir can classify videos. To train on its backbone, give it as config.train.backbone_from of a configuration.

  Args:
    network: a key of jaxvid.weights.clip_networks.NETWORKS.
    torch: the weights file.
    workdir: made if absent; must not hold a checkpoint.
    class_names: a file, see jaxvid.formats.class_names. By default 400 classes get the names of Kinetics-400, other
      numbers none.

  Returns:
    The configuration, as plain values.

  Raises:
    FileExistsError: the workdir holds a checkpoint.
    WeightsError: the tensors do not fit the network.
  """
  # The weights, and the names of their classes.
  imported.refuse_existing(workdir)
  spec = clip_networks.spec_of(network)
  tensors, _ = torch_files.read(torch, "raw")
  public = PublicNetwork("recognition", spec["model"])
  variables = public.import_tensors(tensors)
  num_classes, _ = public.names.sizes(public.model, tensors)
  if class_names:
    names = names_file.read(class_names, num_classes)
  else:
    names = clip_networks.kinetics_400() if num_classes == 400 else ()
  # A configuration that evaluates clips as the authors did; its training settings are a starting point.
  config = config_file.complete(
    dict(
      seed=0,
      task=dict(type="recognition", num_classes=num_classes),
      model=spec["model"],
      data=dict(type="clips", dataset="", batch_size=8, **spec["data"]),
      optim=dict(type="adam", lr=1e-5, ema=0.0, schedule=dict(type="warmup_cosine", warmup_epochs=0)),
      train=dict(epochs=30),
      eval=dict(type="recognition"),
    )
  )
  # The workdir.
  description = {"config": config, "class_names": list(names), "contract": None}
  docstring = "\n".join(
    [
      f"{network} with the weights of {pathlib.Path(torch).name}, as imported by jaxvid convert.",
      "",
      "  jaxvid predict --workdir=THIS_FOLDER --input=VIDEO",
      "  jaxvid train --workdir=NEW_FOLDER --config=CONFIG --config.train.backbone_from=THIS_FOLDER",
    ]
  )
  imported.write_workdir(workdir, config, description, variables, variables["params"], docstring)
  return config
