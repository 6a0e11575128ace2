"""A trained recognition network with its classes, views and task, from a workdir or from published weights."""

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
  """A trained network for clips, with all that is needed to run it.

  Attributes:
    name: of the published weights, or the type of the backbone.
    network: the Flax module.
    variables: its parameters (the moving average, where there is one) and batch statistics.
    class_names: label k is class_names[k]; empty if unknown.
    views: which frames and pixels of a video the network sees.
    task: converts the network's outputs to probabilities.
  """

  name: str
  network: ClipNetwork
  variables: Any
  class_names: Sequence[str]
  views: Views
  task: Task

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest") -> "ClipModel":
    """Loads the latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is no such checkpoint.
      ValueError: the workdir's model is of another task.
    """
    model = trained.load(os.fspath(workdir), checkpoint)
    experiment = model.experiment
    if not isinstance(experiment.network, ClipNetwork):
      task = experiment.config["task"]["type"]
      raise ValueError(f"{workdir}: a model of {task}, which takes no video; give the workdir of a recognition model")
    name = experiment.config["model"]["backbone"]["type"]
    return cls(name, experiment.network, model.variables, model.class_names, experiment.data.views, experiment.task)

  @classmethod
  def from_weights(cls, name: str) -> "ClipModel":
    """Loads published weights from an installed package; jaxvid.weights.clip_networks.PACKAGED lists their names.

    Raises:
      ValueError: no weights have this name.
      WeightsError: the package of the weights is not installed.
    """
    if name not in clip_networks.PACKAGED:
      raise ValueError(f"--weights={name}: no such weights; there are: {', '.join(clip_networks.PACKAGED)}")
    spec, class_names = clip_networks.spec_of(name), clip_networks.kinetics_400()
    network = build_network(spec["model"], len(class_names), "recognition")
    data = construct(clips.Data, dict(spec["data"], dataset="", batch_size=1), "config.data")
    shapes = jax.eval_shape(network.init, jax.random.key(0), data.example_batch()["video"])
    variables = clip_networks.import_packaged(name, shapes)
    return cls(name, network, variables, class_names, data.views, Task(len(class_names)))
