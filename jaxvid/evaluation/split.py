"""Predictions for the whole of a split, the work of all processes."""

from collections.abc import Callable
from typing import Any

import jax

from jaxvid import progress
from jaxvid.data.pipelines.base import AnyData
from jaxvid.data.store import Split
from jaxvid.evaluation.gather import gather
from jaxvid.evaluation.predictor import Predictor

Row = dict[str, Any]


def predict_split(
  predictor: Predictor,
  variables: Any,
  source: Split,
  data: AnyData,
  keep: Callable[[dict[str, Any], Any], Row],
  *,
  unit: str,
  batch_size: int = 1,
) -> list[Row]:
  """A row of every example of a split, in the split's order, on every process.

  Each process predicts its share of the examples on one of its devices.

  Args:
    predictor: kept from one evaluation to the next, so that programs are compiled once.
    variables: of the network.
    source: the split.
    data: the pipeline that reads it.
    keep: (record of an example, its predictions without the batch axis) -> what is wanted of them: NumPy arrays,
      numbers, strings, None, and dicts of these.
    unit: what an example is called, for the progress bar.
    batch_size: examples that go through the network at a time; more than 1 where they have equal shapes.
  """
  process, num_processes = jax.process_index(), jax.process_count()
  examples = data.eval_examples(source, process, num_processes)
  share = len(range(process, data.num_eval_examples(source), num_processes))
  predictions = predictor.each(variables, examples, batch_size)
  bar = progress.bar(predictions, total=share, desc="evaluate", unit=unit)
  return gather([keep(record, found) for record, found in bar])
