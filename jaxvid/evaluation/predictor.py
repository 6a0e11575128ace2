"""Predictions for one example after the other, for the evaluation of a split and for `jaxvid.predict` alike."""

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from tqdm import tqdm

from jaxvid import files
from jaxvid.tasks.base import AnyTask

Detections = dict[str, list]


class Predictor:
  """A network and its task, jitted once: a program is compiled for each shape of a batch that occurs, and kept."""

  def __init__(self, network: nn.Module, task: AnyTask, plain: Callable[[Any], Any] | None = None):
    """Args: the network, its task, and what makes of the task's predictions, fetched, what is wanted of them; by
    default the best detections of a batch of one."""
    self._plain = plain or detections
    self._step = jax.jit(
      lambda variables, batch: task.predict(network.apply(variables, *task.inputs(batch), train=False), batch)
    )

  def run(self, variables: Any, examples: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Predictions for each example, in their order.

    Args:
      variables: of the network.
      examples: (record, batch), as a pipeline's eval_examples gives them (jaxvid.data.pipelines).

    Yields:
      (record, what `plain` makes of the predictions).
    """
    device = jax.local_devices()[0]
    variables = jax.device_put(jax.tree.map(_local, variables), device)
    waiting = None  # The recording before: its detections are fetched while the device works on the next.
    for record, batch in examples:
      result = record, self._step(variables, jax.device_put(batch, device))
      if waiting:
        yield self._fetch(*waiting)
      waiting = result
    if waiting:
      yield self._fetch(*waiting)

  def each(
    self, variables: Any, examples: Iterable[tuple[Any, dict]], size: int, count: int, unit: str
  ) -> Iterator[tuple[Any, Any]]:
    """As `run`, `size` examples at a time, for a task whose predictions are arrays with a row an example.

    Args:
      examples: (record, batch of one).
      count, unit: how many examples there are, and what one is called, for the progress bar.

    Yields:
      (record, its row of the predictions).
    """
    with tqdm(total=count, desc="evaluate", unit=unit, leave=False) as progress:
      for records, predictions in self.run(variables, in_batches(examples, size)):
        for i, record in enumerate(records):
          yield record, jax.tree.map(lambda rows, i=i: rows[i], predictions)
          progress.update()

  def _fetch(self, record, result):
    return record, self._plain(jax.device_get(result))


def in_batches(examples: Iterable[tuple[Any, dict]], size: int) -> Iterator[tuple[list, dict[str, np.ndarray]]]:
  """(records, batch of `size`) from (record, batch of one); the last is filled up with its last example."""
  examples = iter(examples)
  while group := list(itertools.islice(examples, size)):
    batches = [batch for _, batch in group]
    batches += batches[-1:] * (size - len(group))
    yield [record for record, _ in group], {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}


def detections(result: Any) -> Detections:
  """{"segments": [[start, end], ...] in seconds, "scores": [...], "labels": [...]}, best first, of a batch of one."""
  kept = result.valid[0]
  return {name: getattr(result, name)[0][kept].tolist() for name in ("segments", "scores", "labels")}


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


def _local(array):
  """A replicated array as this process sees it."""
  return array.addressable_data(0) if isinstance(array, jax.Array) else array
