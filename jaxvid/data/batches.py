"""Batches of sequences, padded to a few lengths so that few programs are compiled, and counts of batches."""

from collections.abc import Sequence

import numpy as np

from jaxvid.formats.contract import FeatureContract

# The actions of a batch are padded to one of these counts; beyond the last, to a multiple of it.
_ACTION_COUNTS = (16, 32, 64, 128, 256)
_TIMING = ("fps", "feat_stride", "num_frames", "duration")


def num_full_batches(num_examples: int, batch_size: int, noun: str) -> int:
  """Number of batches in an epoch, without the incomplete last one.

  Args:
    num_examples: examples in the split.
    batch_size: examples a batch.
    noun: what the examples are called, for the message.

  Raises:
    ValueError: there are fewer examples than batch_size.
  """
  if num_examples < batch_size:
    raise ValueError(
      f"config.data.batch_size: a batch of {batch_size} needs more than the {num_examples} {noun} there are; "
      f"give {num_examples} or less"
    )
  return num_examples // batch_size


def check_shares(batch_size: int, num_processes: int) -> None:
  """Raises ValueError where the processes cannot share a batch equally."""
  if batch_size % num_processes:
    raise ValueError(
      f"config.data.batch_size: {batch_size} cannot be shared by {num_processes} processes; give a multiple"
    )


def padded_length(length: int, buckets: Sequence[int], multiple: int | None = None) -> int:
  """The smallest bucket that holds `length` steps; beyond all buckets, the next multiple of `multiple`.

  Args:
    length: of a sequence, in steps.
    buckets: lengths to choose from.
    multiple: default: the largest bucket.
  """
  for bucket in sorted(buckets):
    if length <= bucket:
      return bucket
  multiple = multiple or max(buckets)
  return -(-length // multiple) * multiple


def collate(examples: Sequence[dict], buckets: Sequence[int], pad_multiple: int | None = None) -> dict[str, np.ndarray]:
  """Pads examples of different lengths and stacks them to one batch.

  Args:
    examples: with features (T, C), segments (N, 2) in grid units, labels (N,), fps, feat_stride, num_frames, duration.
    buckets, pad_multiple: lengths to pad to, see `padded_length`.

  Returns:
    features (B, T, C), mask (B, T), segments (B, N, 2), labels (B, N), segment_mask (B, N), and (B,) each of fps,
    feat_stride, num_frames and duration. The masks are True where there is a step or an action.
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
  """Features (1, steps, C) and mask (1, steps) with which a network is initialised.

  Raises:
    ValueError: there is no contract, which would give C.
  """
  if contract is None:
    raise ValueError("the dataset has no feature contract, so the length of a feature vector is unknown")
  # A broadcast zero has the shape and takes no memory.
  features = np.broadcast_to(np.float32(0), (1, steps, contract.dim))
  return {"features": features, "mask": np.ones((1, steps), bool)}


def _pad(array: np.ndarray, length: int) -> np.ndarray:
  """Appends zeros along the first axis up to `length`."""
  return np.pad(array, [(0, length - len(array))] + [(0, 0)] * (array.ndim - 1))
