"""A trained localization model on features of recordings."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jaxvid.data import recordings
from jaxvid.data.recordings import FeatureFile, FeatureFiles
from jaxvid.evaluation.detections import Detections, valid
from jaxvid.evaluation.predictor import Predictor
from jaxvid.formats import activitynet_detections, feature_files
from jaxvid.records import Timing
from jaxvid.train import trained


class Detector:
  """Detects the actions in recordings. A program is compiled once for each padded length.

  Attributes:
    class_names: label k is class_names[k]; empty if unknown, and the labels of detections are then indices.
    contract: FeatureContract of the features that the model was trained on.
  """

  def __init__(self, workdir: str | os.PathLike, checkpoint: str = "latest") -> None:
    """Loads the latest or best checkpoint of a workdir.

    Raises:
      CheckpointError: there is no such checkpoint.
    """
    self._model = trained.load(os.fspath(workdir), checkpoint)
    self._predictor = Predictor(self._model.experiment.network, self._model.experiment.task)
    self.class_names, self.contract = self._model.class_names, self._model.contract

  def __call__(self, features: np.ndarray, timing: Timing | None = None, top: int | None = None) -> list[dict]:
    """Detections in one recording, best first: [{"label", "segment": [start, end] in seconds, "score"}, ...].

    Args:
      features: (T, C) floats, any T.
      timing: jaxvid.records.Timing, for what the model's contract leaves open.
      top: detections at most; None for all.

    Raises:
      FormatError: the features are not an array (T, C) with the model's C, or not finite.
      TimingError: a number of the timing is unknown, or contradicts the contract.
    """
    feature_files.check(features, self.contract.dim, "features")
    record = recordings.record("recording", features, timing or Timing(), self.contract)
    [(_, found)] = self._run([record])
    return activitynet_detections.rows(*found.top(top), self.class_names)

  def run(self, files: Sequence[FeatureFile]) -> Iterator[tuple[dict[str, Any], Detections]]:
    """Yields (record, Detections) for each file, in order; files are read ahead."""
    return self._run(FeatureFiles(files, self.contract))

  def _run(self, source):
    # As in an evaluation: the same padding and program, hence the same numbers.
    examples = self._model.experiment.data.eval_examples(source)
    for record, candidates in self._predictor.each(self._model.variables, examples):
      yield record, valid(candidates)
