"""Batches: how many, and of sequences, padded to a few lengths, so that the programs compiled for them are few."""

from collections.abc import Sequence

import numpy as np

from jaxvid.formats.contract import FeatureContract

# Actions of a batch are padded to one of these counts, then to multiples of the last.
_ACTION_COUNTS = (16, 32, 64, 128, 256)
_TIMING = ("fps", "feat_stride", "num_frames", "duration")


def full_batches(num_examples: int, batch_size: int, noun: str) -> int:
  """Batches of an epoch, without the incomplete last one.

  Args:
    num_examples: of the split.
    batch_size: examples of a batch.
    noun: what the examples are called, for the message.

  Raises:
    ValueError: there are fewer examples than one batch takes.
  """
  if num_examples < batch_size:
    raise ValueError(
      f"config.data.batch_size: a batch of {batch_size} needs more than the {num_examples} {noun} there are"
    )
  return num_examples // batch_size


def check_shares(batch_size: int, num_processes: int) -> None:
  """ValueError where processes cannot share a batch equally."""
  if batch_size % num_processes:
    raise ValueError(f"config.data.batch_size: {batch_size} cannot be shared by {num_processes} processes")


def padded_length(length: int, buckets: Sequence[int], multiple: int | None = None) -> int:
  """The smallest bucket that holds `length`; beyond the largest, the next multiple of `multiple`, or else of it."""
  for bucket in sorted(buckets):
    if length <= bucket:
      return bucket
  multiple = multiple or max(buckets)
  return -(-length // multiple) * multiple


def collate(examples: Sequence[dict], buckets: Sequence[int], pad_multiple: int | None = None) -> dict[str, np.ndarray]:
  """Examples of different lengths as one batch of arrays.

  Args:
    examples: with features (T, C), segments (N, 2) in grid units, labels (N,), fps, feat_stride, num_frames, duration.
    buckets, pad_multiple: lengths to pad to, see `padded_length`.

  Returns:
    features (B, T, C) and mask (B, T); segments (B, N, 2), labels (B, N) and segment_mask (B, N); the timing, (B,)
    each.
  """
  steps = padded_length(max(len(example["features"]) for example in examples), buckets, pad_multiple)
  actions = padded_length(max(len(example["labels"]) for example in examples), _ACTION_COUNTS)
  lengths = np.array([len(example["features"]) for example in examples])
  counts = np.array([len(example["labels"]) for example in examples])
  return {
    "features": np.stack([_pad(example["features"], steps) for example in examples]),
    "mask": np.arange(steps) < lengths[:, None],
    "segments": np.stack([_pad(example["segments"].astype(np.float32), actions) for example in examples]),
    "labels": np.stack([_pad(example["labels"].astype(np.int32), actions) for example in examples]),
    "segment_mask": np.arange(actions) < counts[:, None],
  } | {name: np.array([example[name] for example in examples], np.float32) for name in _TIMING}


def example_features(contract: FeatureContract | None, steps: int) -> dict[str, np.ndarray]:
  """Features (1, steps, C) and mask (1, steps), as networks are initialised with.

  Raises:
    ValueError: without a contract, which knows C.
  """
  if contract is None:
    raise ValueError("how long a feature vector is depends on the dataset, and this one has no feature contract")
  # A broadcast zero has the shape and takes no memory.
  features = np.broadcast_to(np.float32(0), (1, steps, contract.dim))
  return {"features": features, "mask": np.ones((1, steps), bool)}


def _pad(array: np.ndarray, length: int) -> np.ndarray:
  return np.pad(array, [(0, length - len(array))] + [(0, 0)] * (array.ndim - 1))
