"""A trained recognition on video files."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from jaxvid.build import build_network, construct
from jaxvid.data.clip_views import Views
from jaxvid.data.pipelines import clips
from jaxvid.evaluators.predictor import Predictor
from jaxvid.evaluators.recognition import best_classes
from jaxvid.tasks.recognition import Task
from jaxvid.train import trained
from jaxvid.video.decode import Video
from jaxvid.weights import clip_networks


class Classifier:
  """A network that tells which action a video shows.

  Attributes:
    class_names: of the model; empty where they are not known, and predictions then have indices as labels.
    views: which frames and pixels the network sees, jaxvid.data.clip_views.Views.
  """

  def __init__(self, network: Any, variables: Any, class_names: Sequence[str], views: Views, task: Task):
    self.class_names, self.views = list(class_names), views
    self._variables, self._predictor = variables, Predictor(network, task, plain=lambda predictions: predictions)

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest") -> "Classifier":
    """The latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is none.
    """
    model = trained.load(os.fspath(workdir), checkpoint)
    experiment = model.experiment
    return cls(experiment.network, model.variables, model.class_names, experiment.data.views, experiment.task)

  @classmethod
  def from_weights(cls, name: str) -> "Classifier":
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
    return cls(network, clip_networks.packaged(name, shapes), class_names, data.views, Task(len(class_names)))

  def with_views(self, **changes: Any) -> "Classifier":
    """The same network on other views, such as num_clips=5."""
    other = object.__new__(Classifier)
    other.__dict__ |= self.__dict__ | {"views": dataclasses.replace(self.views, **changes)}
    return other

  def __call__(
    self, video: str | os.PathLike | bytes, start: float = 0.0, end: float | None = None, top: int = 5
  ) -> list[dict[str, Any]]:
    """The most probable classes of a video, best first: [{"label": NAME, "score": x}, ...].

    Args:
      video: a file's path, or its bytes.
      start, end: of the part to look at, in seconds; None for the end of the video.
      top: how many classes.

    Raises:
      VideoError: the file cannot be decoded.
    """
    clip = Video(video)
    frames = self.views.test_frames(clip.timestamps, start, clip.duration if end is None else end)
    pixels = clip.frames(frames.reshape(-1), self.views.test_size(clip.height, clip.width))
    views = [self.views.test_pixels(part) for part in pixels.reshape(*frames.shape, *pixels.shape[1:])]
    [(_, found)] = self._predictor.run(self._variables, [(None, {"video": np.concatenate(views)[None]})])
    return best_classes(found.probabilities[0], self.class_names, top)
