"""What an evaluation of a recognition leaves of each test clip: WORKDIR/features.npz."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

import numpy as np

FILE = "features.npz"


@dataclasses.dataclass(frozen=True)
class ClipFeatures:
  """Of the N test clips of a run.

  Attributes:
    path: of the file.
    ids: (N,) names of the clips.
    labels: (N,) class indices.
    features: (N, C) pooled features, before the classifier.
    probabilities: (N, K); None in files of older versions.
    class_names: K names; empty in files of older versions.
  """

  path: pathlib.Path
  ids: np.ndarray
  labels: np.ndarray
  features: np.ndarray
  probabilities: np.ndarray | None
  class_names: tuple[str, ...]

  @property
  def rows(self) -> Mapping[str, int]:
    """Name of a clip -> its row."""
    return {name: row for row, name in enumerate(self.ids.tolist())}


def read(workdir: str | os.PathLike) -> ClipFeatures:
  """The features that an evaluation in `workdir` has left; ValueError where there are none."""
  path = pathlib.Path(workdir) / FILE
  if not path.is_file():
    raise ValueError(f"{path}: missing; evaluate the run first: jaxvid train --mode=eval --workdir={workdir}")
  with np.load(path, allow_pickle=False) as file:
    probabilities = file["probabilities"] if "probabilities" in file else None
    class_names = tuple(file["class_names"].tolist()) if "class_names" in file else ()
    return ClipFeatures(path, file["ids"], file["labels"], file["features"], probabilities, class_names)
