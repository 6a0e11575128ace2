"""The order in which the public evaluators visit predictions of equal score.

ActionFormer's evaluator, ActivityNet's and EPIC-Kitchens' rank a class's predictions with `scores.argsort()[::-1]`.
That sort is not stable, so equal scores come in an order that follows from the algorithm, and NumPy has three such
algorithms: AVX-512, AVX2 and plain C. The same file scores differently by some 1e-5 of mAP from one processor to
another. `published_order` is the order of the AVX2 one (NumPy 2, x86-simd-sort), worked out step by step, so that it is
the same on every machine: it gives the numbers of ../shared/golden to the last digit. A protocol asks for it
(jaxvid.metrics.protocols); nothing else of the scores of detections knows of it.

The algorithm: runs of more than 256 are split around a pivot, 16 elements at a time, taken from whichever end has less
room; shorter runs go through a bitonic network of rows of four. Only groups that hold ties are worked out.
"""

import math

import numpy as np

_LEAF = 256  # Runs up to this length are sorted by the bitonic network.
_BLOCK = 16  # Elements that are split around the pivot at a time.
_LANES = 4  # float64 values in an AVX2 register.


def published_order(scores: np.ndarray, group: np.ndarray) -> np.ndarray:
  """Sorts rows by group, then by descending score, equal scores in the order in which AVX2 leaves them.

  Args:
    scores: (N,) float64 without NaN.
    group: (N,) integers; each group is sorted on its own.

  Returns:
    (N,) rows: the groups ascending, in each the best score first.
  """
  order = np.lexsort((-scores, group))
  if len(order) < 2:
    return order
  tied = (np.diff(scores[order]) == 0) & (np.diff(group[order]) == 0)
  if not tied.any():
    return order
  starts = np.flatnonzero(np.diff(group[order], prepend=group[order[0]] - 1))
  ends = np.append(starts[1:], len(order))
  has_ties = np.logical_or.reduceat(np.append(tied, False), starts)
  by_row = np.argsort(group, kind="stable")  # The same groups, each with its rows in the given order.

  # Each tied run as its argsort proceeds: split into leaves here, the leaves of all runs sorted together below.
  leaves = []
  for start, end in zip(starts[has_ties], ends[has_ties]):
    _split(scores, by_row[start:end], leaves)
  _sort_leaves(scores, leaves)
  for start, end in zip(starts[has_ties], ends[has_ties]):
    order[start:end] = by_row[start:end][::-1]
  return order


def _split(scores: np.ndarray, rows: np.ndarray, leaves: list[np.ndarray]) -> None:
  """Quicksort of `rows` (a view, in place) down to runs of at most 256, which are appended to `leaves` as views."""
  values = scores[rows]
  if np.all(values[:-1] <= values[1:]):
    return
  open_runs = [(rows, 2 * int(math.log2(len(rows))))]
  while open_runs:
    run, depth = open_runs.pop()
    if len(run) <= _LEAF:
      leaves.append(run)
      continue
    if depth <= 0:  # NumPy falls back on the compiler's own sort here; no order of ties is promised by anyone.
      run[:] = run[np.argsort(scores[run], kind="stable")]
      continue
    quarter = (len(run) - 1) // 4
    pivot = np.sort(scores[run[quarter : 4 * quarter + 1 : quarter]])[2]
    num_below = _partition(scores, run, pivot)
    below, above = run[:num_below], run[num_below:]
    if len(below):
      open_runs.append((below, depth - 1))
    if len(above) and scores[above].max() != pivot:
      open_runs.append((above, depth - 1))


def _partition(scores: np.ndarray, run: np.ndarray, pivot: float) -> int:
  """Moves rows below the pivot to the front of `run`, in place; returns how many they are."""
  left, right = 0, len(run)
  # Rows that do not fill a block are split one by one.
  for _ in range(len(run) % _BLOCK):
    if scores[run[left]] >= pivot:
      right -= 1
      run[left], run[right] = run[right], run[left]
    else:
      left += 1

  # Blocks are read from the end that has less room left to write in; first and last block wait until the end.
  blocks = run[left:right].reshape(-1, _BLOCK)
  above = scores[blocks] >= pivot
  counts = above.sum(axis=1).tolist()
  first, last, room_left = 1, len(blocks) - 2, _BLOCK
  read = []
  while first <= last:
    if 2 * _BLOCK - room_left < room_left:
      read.append(last)
      room_left -= _BLOCK - counts[last]
      last -= 1
    else:
      read.append(first)
      room_left += counts[first]
      first += 1
  read += [0, len(blocks) - 1]

  # Rows below the pivot go to the left end in the order of reading; the others to the right end, from there inwards.
  rows, is_above = blocks[read].ravel(), above[read].ravel()
  below = rows[~is_above]
  run[left:right] = np.concatenate([below, rows[is_above][::-1]])
  return left + len(below)


def _sort_leaves(scores: np.ndarray, leaves: list[np.ndarray]) -> None:
  """Sorts each of `leaves` in place with the bitonic network, those of similar length together."""
  leaves = [leaf for leaf in leaves if not _sort_if_distinct(scores, leaf)]
  sizes = np.array([_network_size(len(leaf)) for leaf in leaves])
  for size in np.unique(sizes):
    some = [leaf for leaf, mine in zip(leaves, sizes) if mine == size]
    lengths = np.array([len(leaf) for leaf in some])
    filled = np.arange(size) < lengths[:, None]
    rows = np.zeros((len(some), size), int)
    rows[filled] = np.concatenate(some)
    keys = np.full((len(some), size), np.inf)
    keys[filled] = scores[rows[filled]]
    _bitonic_sort(keys.reshape(len(some), -1, _LANES), rows.reshape(len(some), -1, _LANES))
    for leaf, row, length in zip(some, rows, lengths):
      leaf[:] = row[:length]


def _sort_if_distinct(scores: np.ndarray, leaf: np.ndarray) -> bool:
  """Sorts a leaf without ties in place, by any algorithm; returns False, and leaves it, if there are ties."""
  values = scores[leaf]
  order = np.argsort(values)
  ordered = values[order]
  if np.any(ordered[1:] == ordered[:-1]):
    return False
  leaf[:] = leaf[order]
  return True


def _network_size(length: int) -> int:
  """The size of the network that sorts a leaf: the next power of two, 4 at least."""
  return max(_LANES, 1 << (length - 1).bit_length())


def _bitonic_sort(keys: np.ndarray, rows: np.ndarray) -> None:
  """Sorts each (V, 4) of keys (L, V, 4), V a power of two, ascending through V and lanes, and moves `rows` along."""
  num_leaves, num_vectors, lanes = keys.shape
  _sort_lanes(keys, rows)
  merged = 2
  while merged <= num_vectors:
    k, r = (x.reshape(-1, merged, lanes) for x in (keys, rows))
    half = merged // 2
    _exchange(k[:, :half], k[:, half:][:, ::-1, ::-1], r[:, :half], r[:, half:][:, ::-1, ::-1])
    step = half
    while step >= 2:
      k, r = (x.reshape(-1, step, lanes) for x in (keys, rows))
      _exchange(k[:, : step // 2], k[:, step // 2 :], r[:, : step // 2], r[:, step // 2 :])
      step //= 2
    for distance in (2, 1):
      _half_clean(keys, rows, distance)
    merged *= 2


def _sort_lanes(keys: np.ndarray, rows: np.ndarray) -> None:
  """Sorts the four lanes of each vector."""
  k, r = (x.reshape(-1, 2, 2) for x in (keys, rows))
  _exchange(k[:, :, 0], k[:, :, 1], r[:, :, 0], r[:, :, 1])
  _exchange(k[:, 0], k[:, 1, ::-1], r[:, 0], r[:, 1, ::-1])
  _half_clean(keys, rows, 1)


def _half_clean(keys: np.ndarray, rows: np.ndarray, distance: int) -> None:
  """Puts lanes at `distance` (2 or 1) of each other in order."""
  k, r = (x.reshape(-1, 2, distance) for x in (keys, rows))
  _exchange(k[:, 0], k[:, 1], r[:, 0], r[:, 1])


def _exchange(low: np.ndarray, high: np.ndarray, low_rows: np.ndarray, high_rows: np.ndarray) -> None:
  """Swaps, in place, the pairs that are out of order; equal ones stay."""
  swap = low > high
  low[...], high[...] = np.minimum(low, high), np.maximum(low, high)
  low_rows[...], high_rows[...] = np.where(swap, high_rows, low_rows), np.where(swap, low_rows, high_rows)
