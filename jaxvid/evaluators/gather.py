"""Results of all processes, on each of them."""

import json

import jax
import numpy as np
from jax.experimental import multihost_utils


def gather(results: list) -> list:
  """The lists of all processes (plain values), in the order in which `[process::num_processes]` dealt them out."""
  if jax.process_count() == 1:
    return results
  payload = np.frombuffer(json.dumps(results).encode(), np.uint8)
  sizes = multihost_utils.process_allgather(np.array(len(payload)))
  padded = multihost_utils.process_allgather(np.pad(payload, (0, int(sizes.max()) - len(payload))))
  shares = [json.loads(bytes(row[:size])) for row, size in zip(padded, sizes)]
  return [share[i] for i in range(max(map(len, shares))) for share in shares if i < len(share)]
