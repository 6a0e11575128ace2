"""Results of all processes, on each of them."""

from typing import Any

import jax
import numpy as np
from flax import serialization
from jax.experimental import multihost_utils


def gather(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
  """The rows of all processes, in the order in which `[process::num_processes]` dealt their examples out.

  Args:
    rows: of this process, one an example. They hold NumPy arrays, numbers, strings, None, and dicts of these.
  """
  if jax.process_count() == 1:
    return rows
  payload = np.frombuffer(serialization.msgpack_serialize({"rows": rows}), np.uint8)
  # All processes send as many bytes: as the largest has.
  sizes = multihost_utils.process_allgather(np.array(len(payload)))
  padded = multihost_utils.process_allgather(np.pad(payload, (0, int(sizes.max()) - len(payload))))
  shares = [serialization.msgpack_restore(bytes(row[:size]))["rows"] for row, size in zip(padded, sizes)]
  return [share[i] for i in range(max(map(len, shares))) for share in shares if i < len(share)]
