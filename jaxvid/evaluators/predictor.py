"""Detections of one recording after the other, for the evaluation of a split and for `jaxvid.predict` alike."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax

from jaxvid import files
from jaxvid.models.network import Network
from jaxvid.tasks.localization import Task

Detections = dict[str, list]


class Predictor:
  """A network and its task, jitted once: a program is compiled for each padded length that occurs, and kept."""

  def __init__(self, network: Network, task: Task):
    self._step = jax.jit(
      lambda variables, batch: task.predict(network.apply(variables, *task.inputs(batch), train=False), batch)
    )

  def run(
    self, variables: Any, examples: Iterable[tuple[Mapping[str, Any], Any]]
  ) -> Iterator[tuple[Mapping[str, Any], Detections]]:
    """Detections of each recording, best first, as plain lists, in the order of the examples.

    Args:
      variables: of the network.
      examples: (record, batch of one), as a pipeline's eval_examples gives them (jaxvid.data.pipelines).

    Yields:
      (record, {"segments": [[start, end], ...] in seconds, "scores": [...], "labels": [...]}).
    """
    device = jax.local_devices()[0]
    variables = jax.device_put(jax.tree.map(_local, variables), device)
    waiting = None  # The recording before: its detections are fetched while the device works on the next.
    for record, batch in examples:
      result = record, self._step(variables, jax.device_put(batch, device))
      if waiting:
        yield _plain(*waiting)
      waiting = result
    if waiting:
      yield _plain(*waiting)


def write_submission(
  path: str | os.PathLike, recordings: Iterable[tuple[str, Detections]], class_names: Sequence[str]
) -> None:
  """Writes predictions.json: ActivityNet's submission format, a line a recording.

    {"version": "1.0", "results": {ID: [{"label": NAME, "segment": [start, end], "score": x}, ...], ...}}

  Args:
    path: of the file.
    recordings: (id, detections) each.
    class_names: label k is class_names[k]; where there are none, the labels are the indices.
  """
  lines = (f"{json.dumps(name)}: {json.dumps(rows(found, class_names))}" for name, found in recordings)
  files.write_text(path, '{"version": "1.0", "results": {\n' + ",\n".join(lines) + "\n}}\n")


def rows(found: Detections, class_names: Sequence[str]) -> list[dict[str, Any]]:
  """The detections of a recording as the rows of a submission."""
  return [
    {"label": class_names[label] if class_names else label, "segment": segment, "score": score}
    for segment, score, label in zip(found["segments"], found["scores"], found["labels"])
  ]


def _plain(record, result):
  result = jax.device_get(result)
  kept = result.valid[0]
  return record, {name: getattr(result, name)[0][kept].tolist() for name in ("segments", "scores", "labels")}


def _local(array):
  """A replicated array as this process sees it."""
  return array.addressable_data(0) if isinstance(array, jax.Array) else array
