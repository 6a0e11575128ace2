"""Features and probabilities of test clips, as the evaluation of recognition writes them: WORKDIR/features.npz."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

import numpy as np

FILE = "features.npz"


@dataclasses.dataclass(frozen=True)
class ClipFeatures:
  """Features and probabilities of the N test clips of a run.

  Attributes:
    path: the file.
    ids: (N,) names of the clips.
    labels: (N,) class indices.
    features: (N, C) pooled features, the classifier's input.
    probabilities: (N, K) of the classes; None in files of older versions.
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
    """Name of a clip -> its row in the arrays."""
    return {name: row for row, name in enumerate(self.ids.tolist())}


def read(workdir: str | os.PathLike) -> ClipFeatures:
  """Reads features.npz of a workdir; raises ValueError if the run has not been evaluated."""
  path = pathlib.Path(workdir) / FILE
  if not path.is_file():
    raise ValueError(f"{path}: missing; evaluate the run first: jaxvid train --mode=eval --workdir={workdir}")
  with np.load(path, allow_pickle=False) as file:
    probabilities = file["probabilities"] if "probabilities" in file else None
    class_names = tuple(file["class_names"].tolist()) if "class_names" in file else ()
    return ClipFeatures(path, file["ids"], file["labels"], file["features"], probabilities, class_names)
