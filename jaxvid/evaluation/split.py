"""Predictions for a whole split, computed by all processes together."""

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
  """Predicts every example of a split; returns one row an example, in the split's order, on every process.

  Each process predicts its share of the examples on one of its devices.

  Args:
    predictor: the same for all evaluations of a run, so that programs are compiled once.
    variables: of the network.
    source: the split.
    data: the pipeline that reads it.
    keep: makes the row from an example's record and its predictions without the batch axis; rows hold NumPy arrays,
      numbers, strings, None, and dicts of these.
    unit: noun for an example, shown by the progress bar.
    batch_size: examples a batch; above 1 they need equal shapes.
  """
  process, num_processes = jax.process_index(), jax.process_count()
  examples = data.eval_examples(source, process, num_processes)
  share = len(range(process, data.num_eval_examples(source), num_processes))
  predictions = predictor.each(variables, examples, batch_size)
  bar = progress.bar(predictions, total=share, desc="evaluate", unit=unit)
  return gather([keep(record, found) for record, found in bar])
