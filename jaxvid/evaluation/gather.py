"""Collects the results of all processes on every process."""

from typing import Any

import jax
import numpy as np
from flax import serialization
from jax.experimental import multihost_utils


def gather(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
  """Rows of all processes, in the order of the examples, which were shared out as `[process::num_processes]`.

  Args:
    rows: this process's, one an example. They hold NumPy arrays, numbers, strings, None, and dicts of these.
  """
  if jax.process_count() == 1:
    return rows
  payload = np.frombuffer(serialization.msgpack_serialize({"rows": rows}), np.uint8)
  # An all-gather needs equal sizes, so every process pads to the longest payload.
  sizes = multihost_utils.process_allgather(np.array(len(payload)))
  padded = multihost_utils.process_allgather(np.pad(payload, (0, int(sizes.max()) - len(payload))))
  shares = [serialization.msgpack_restore(bytes(row[:size]))["rows"] for row, size in zip(padded, sizes)]
  return [share[i] for i in range(max(map(len, shares))) for share in shares if i < len(share)]
