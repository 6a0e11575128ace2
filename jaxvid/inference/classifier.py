"""A trained recognition model on video files."""

import dataclasses
import os
from typing import Any

import numpy as np

from jaxvid.evaluation.predictor import Predictor
from jaxvid.inference.clip_model import ClipModel
from jaxvid.metrics.classification import best_classes
from jaxvid.video.decode import Video


class Classifier:
  """Classifies the action in a video.

  Attributes:
    class_names: label k is class_names[k]; empty if unknown, and the labels of predictions are then indices.
    views: which frames and pixels the network sees, jaxvid.data.clip_views.Views.
  """

  def __init__(self, model: ClipModel) -> None:
    self.class_names, self.views = list(model.class_names), model.views
    self._variables = model.variables
    self._predictor = Predictor(model.network, model.task)

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest") -> "Classifier":
    """Loads the latest or best checkpoint of a workdir; raises as `ClipModel.from_workdir` does."""
    return cls(ClipModel.from_workdir(workdir, checkpoint))

  @classmethod
  def from_weights(cls, name: str) -> "Classifier":
    """Loads packaged weights, such as "i3d-kinetics-400"; raises as `ClipModel.from_weights` does."""
    return cls(ClipModel.from_weights(name))

  def with_views(self, **changes: Any) -> "Classifier":
    """The same network with other settings of its views, such as num_clips=5."""
    other = object.__new__(Classifier)
    other.__dict__ |= self.__dict__ | {"views": dataclasses.replace(self.views, **changes)}
    return other

  def __call__(
    self, video: str | os.PathLike | bytes, start: float = 0.0, end: float | None = None, top: int = 5
  ) -> list[dict[str, Any]]:
    """The most probable classes of a video, best first: [{"label": NAME, "score": probability}, ...].

    Args:
      video: path or bytes of a file.
      start, end: part of the video to classify, seconds; end=None for the end of the video.
      top: number of classes to return.

    Raises:
      VideoError: the file cannot be decoded.
    """
    clip = self.views.of(Video(video))
    frames = self.views.test_frames(clip.timestamps, start, clip.duration if end is None else end)
    pixels = clip.frames(frames.reshape(-1), self.views.test_size(clip.height, clip.width))
    views = [self.views.test_pixels(part) for part in pixels.reshape(*frames.shape, *pixels.shape[1:])]
    [(_, found)] = self._predictor.run(self._variables, [(None, {"video": np.concatenate(views)[None]})])
    return best_classes(found.probabilities[0], self.class_names, top)
