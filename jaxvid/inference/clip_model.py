"""A trained recognition network with all that is needed to run it, from a workdir or from published weights."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import jax

from jaxvid.build import construct
from jaxvid.data.clip_views import Views
from jaxvid.data.pipelines import clips
from jaxvid.models.recognition.network import ClipNetwork
from jaxvid.tasks.base import build_network
from jaxvid.tasks.recognition import Task
from jaxvid.train import trained
from jaxvid.weights import clip_networks


@dataclasses.dataclass(frozen=True)
class ClipModel:
  """A network of clips.

  Attributes:
    name: of the published weights, or the type of the backbone.
    network, variables: the network and its averaged parameters and statistics.
    class_names: label k is class_names[k]; empty where they are not known.
    views: which frames and pixels of a video the network sees.
    task: what its outputs mean.
  """

  name: str
  network: ClipNetwork
  variables: Any
  class_names: Sequence[str]
  views: Views
  task: Task

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest") -> "ClipModel":
    """The latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is none.
      ValueError: the workdir's model is none of clips.
    """
    model = trained.load(os.fspath(workdir), checkpoint)
    experiment = model.experiment
    if not isinstance(experiment.network, ClipNetwork):
      task = experiment.config["task"]["type"]
      raise ValueError(f"{workdir}: its model does {task} and takes no video; give the workdir of a recognition")
    name = experiment.config["model"]["backbone"]["type"]
    return cls(name, experiment.network, model.variables, model.class_names, experiment.data.views, experiment.task)

  @classmethod
  def from_weights(cls, name: str) -> "ClipModel":
    """Packaged weights, jaxvid.weights.clip_networks.PACKAGED: no training is needed.

    Raises:
      ValueError: no weights of this name.
      WeightsError: their package is not installed.
    """
    if name not in clip_networks.PACKAGED:
      raise ValueError(f"--weights={name}: no such weights; there are: {', '.join(clip_networks.PACKAGED)}")
    spec, class_names = clip_networks.spec_of(name), clip_networks.kinetics_400()
    network = build_network(spec["model"], len(class_names), "recognition")
    data = construct(clips.Data, dict(spec["data"], dataset="", batch_size=1), "config.data")
    shapes = jax.eval_shape(network.init, jax.random.key(0), data.example_batch()["video"])
    variables = clip_networks.import_packaged(name, shapes)
    return cls(name, network, variables, class_names, data.views, Task(len(class_names)))
