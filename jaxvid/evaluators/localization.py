"""Detections of a whole split, scored and written down."""

import dataclasses
import logging
import pathlib
from typing import Any

import jax
import numpy as np
from tqdm import tqdm

from jaxvid import files
from jaxvid.data import pipeline
from jaxvid.data.store import Split
from jaxvid.evaluators.gather import gather
from jaxvid.metrics import detection
from jaxvid.models.network import Network
from jaxvid.tasks.localization import Task

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass
class Evaluator:
  """mAP at temporal IoU thresholds, and Recall@kx, as ActionFormer's evaluator has them; the section config.eval.

  Attributes:
    split: of the dataset, to evaluate on.
    tious: thresholds.
    recall_at: the k of Recall@kx, in multiples of a recording's number of actions of a class.
    num_drawn: recordings in the picture of detections against truth; 0 for none.
  """

  split: str = "test"
  tious: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
  recall_at: tuple[int, ...] = (1, 5)
  num_drawn: int = 4

  def run(
    self,
    network: Network,
    task: Task,
    variables: Any,
    source: Split,
    data: pipeline.Data,
    workdir: str,
    draw: bool = True,
  ) -> dict[str, Any]:
    """Scores the split; writes predictions.json, scores.json and, with `draw`, detections.png into `workdir`.

    predictions.json is in ActivityNet's submission format: seconds and class names, best first. Returns the scores as
    fractions: {"average_mAP": x, "mAP": {"0.30": x, ...}, "recall": {"1x": {...}, ...}, "per_class": ...}.
    """
    found, truth = [], []
    for record, predictions in self._predict(network, task, variables, source, data):
      found.append(dict(predictions, id=record["id"]))
      segments, labels = detection.remove_duplicate_annotations(record["segments"], record["labels"])
      truth.append(
        dict(id=record["id"], duration=record["duration"], segments=segments.tolist(), labels=labels.tolist())
      )
    found, truth = gather(found), gather(truth)

    scores = detection.evaluate(
      detection.GroundTruth(*_columns(truth, "labels")),
      detection.Predictions(*_columns(found, "labels", "scores")),
      self.tious,
      self.recall_at,
    )
    if jax.process_index() == 0:
      folder = pathlib.Path(workdir)
      files.write_json(folder / "predictions.json", _submission(found, source.class_names))
      files.write_json(folder / "scores.json", scores.to_dict())
      tqdm.write(detection.format_scores(scores, source.class_names))
      if draw and self.num_drawn:
        self._draw(folder / "detections.png", found, truth, source.class_names)
    return scores.to_dict()

  def summary(self, scores: dict[str, Any]) -> dict[str, float]:
    """The numbers worth a curve."""
    curves = {"average_mAP": scores["average_mAP"]}
    curves |= {f"mAP@{tiou}": value for tiou, value in scores["mAP"].items()}
    return curves | {f"recall@{k}@{tiou}": value for k, row in scores["recall"].items() for tiou, value in row.items()}

  def score(self, scores: dict[str, Any]) -> float:
    """The one number by which a checkpoint is the best."""
    return scores["average_mAP"]

  def _predict(self, network, task, variables, source, data):
    """(record, detections as plain lists) of this process's recordings, on one of its devices."""
    predict = self._compiled(network, task)
    device = jax.local_devices()[0]
    variables = jax.device_put(jax.tree.map(_local, variables), device)
    examples = pipeline.eval_examples(source, data, jax.process_index(), jax.process_count())
    num_examples = -(-(len(source) - jax.process_index()) // jax.process_count())
    for record, batch in tqdm(examples, total=num_examples, desc="evaluate", unit="recording", leave=False):
      result = jax.device_get(predict(variables, jax.device_put(batch, device)))
      kept = result.valid[0]
      yield (
        record,
        {
          "segments": result.segments[0][kept].tolist(),
          "scores": result.scores[0][kept].tolist(),
          "labels": result.labels[0][kept].tolist(),
        },
      )

  def _compiled(self, network, task):
    """One jitted function however often `run` is called, so that programs are compiled once."""
    if not hasattr(self, "_predict_step"):
      self._predict_step = jax.jit(
        lambda variables, batch: task.predict(network.apply(variables, *task.inputs(batch), train=False), batch)
      )
    return self._predict_step

  def _draw(self, path, found, truth, class_names):
    from jaxvid.viz import timeline  # Here, not above: matplotlib is slow to import.

    drawn = []
    for predictions, record in list(zip(found, truth))[: self.num_drawn]:
      # As many detections as a reader can take in: the best ones, twice as many as there are actions.
      shown = slice(0, 2 * max(len(record["labels"]), 1))
      drawn.append(
        timeline.Timeline(
          id=record["id"],
          duration=record["duration"],
          truth_segments=_segments(record["segments"]),
          truth_labels=np.array(record["labels"], int),
          segments=_segments(predictions["segments"][shown]),
          scores=np.array(predictions["scores"][shown]),
          labels=np.array(predictions["labels"][shown], int),
        )
      )
    timeline.draw(path, drawn, class_names)
    _LOG.info("detections against truth: %s", path)


def _columns(recordings, *fields):
  """Rows of all recordings: ids (N,), segments (N, 2), then the fields (N,) each."""
  ids = np.repeat([recording["id"] for recording in recordings], [len(recording["labels"]) for recording in recordings])
  segments = np.concatenate([_segments(recording["segments"]) for recording in recordings])
  return (
    ids,
    segments,
    *(
      np.concatenate([np.asarray(r[field], int if field == "labels" else float) for r in recordings])
      for field in fields
    ),
  )


def _segments(rows):
  return np.asarray(rows, float).reshape(-1, 2)


def _submission(found, class_names):
  results = {}
  for recording in found:
    rows = zip(recording["segments"], recording["scores"], recording["labels"])
    results[recording["id"]] = [
      {"label": class_names[label], "segment": segment, "score": score} for segment, score, label in rows
    ]
  return {"version": "1.0", "results": results}


def _local(array):
  """A replicated array as this process sees it."""
  return array.addressable_data(0) if isinstance(array, jax.Array) else array
