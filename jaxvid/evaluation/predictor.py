"""Runs a network and its task on examples one by one or in batches, for evaluation and for `jaxvid predict`."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import flax.linen as nn
import jax
import numpy as np

from jaxvid.tasks.base import AnyTask


class Predictor:
  """A network and its task, jitted once; a program is compiled for each shape of batch and reused."""

  def __init__(self, network: nn.Module, task: AnyTask) -> None:
    self._step = jax.jit(
      lambda variables, batch: task.predict(network.apply(variables, *task.inputs(batch), train=False), batch)
    )

  def run(self, variables: Any, examples: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Predicts each batch, in order, on one of this process's devices.

    Args:
      variables: of the network.
      examples: (record, batch) from a pipeline's eval_examples (jaxvid.data.pipelines).

    Yields:
      (record, the task's predictions of the batch as NumPy arrays).
    """
    device = jax.local_devices()[0]
    variables = jax.device_put(jax.tree.map(_local, variables), device)
    waiting = None  # The previous batch: its predictions are fetched while the device computes the next one.
    for record, batch in examples:
      result = record, self._step(variables, jax.device_put(batch, device))
      if waiting:
        yield jax.device_get(waiting)
      waiting = result
    if waiting:
      yield jax.device_get(waiting)

  def each(
    self, variables: Any, examples: Iterable[tuple[Any, dict[str, np.ndarray]]], size: int = 1
  ) -> Iterator[tuple[Any, Any]]:
    """Predicts each example, `size` of them in a batch.

    Args:
      variables: of the network.
      examples: (record, batch of one); the examples of one batch need equal shapes.
      size: examples a batch.

    Yields:
      (record, predictions of this example): arrays without the batch axis.
    """
    for records, predictions in self.run(variables, in_batches(examples, size)):
      for i, record in enumerate(records):
        yield record, jax.tree.map(lambda rows, i=i: rows[i], predictions)


def in_batches(
  examples: Iterable[tuple[Any, dict[str, np.ndarray]]], size: int
) -> Iterator[tuple[list[Any], dict[str, np.ndarray]]]:
  """Concatenates examples to batches of `size`; the last batch is filled up with copies of its last example.

  Args:
    examples: (record, batch of one), of equal shapes.
    size: examples a batch.

  Yields:
    (records of the batch, without the copies; the batch).
  """
  examples = iter(examples)
  while group := list(itertools.islice(examples, size)):
    batches = [batch for _, batch in group]
    batches += batches[-1:] * (size - len(group))
    yield [record for record, _ in group], {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}


def _local(array: Any) -> Any:
  """This process's copy of a replicated array."""
  return array.addressable_data(0) if isinstance(array, jax.Array) else array
