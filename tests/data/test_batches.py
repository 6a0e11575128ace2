"""Lengths that sequences are padded to."""

import numpy as np
import pytest

from jaxvid.data.batches import collate, padded_length


@pytest.mark.parametrize("length, padded", [(10, 256), (256, 256), (257, 288), (288, 288), (500, 512)])
def test_beyond_the_largest_bucket_a_multiple_of_its_own(length, padded):
  """As TriDet's code pads: up to max_seq_len, or to a multiple of what its pyramid divides by."""
  assert padded_length(length, (256,), 32) == padded


def test_batches_are_padded_so():
  record = dict(features=np.ones((300, 2), np.float32), segments=np.zeros((0, 2)), labels=np.zeros(0, int))
  record |= dict(fps=1, feat_stride=1, num_frames=1, duration=1)
  batch = collate([record], (256,), 32)
  assert batch["features"].shape == (1, 320, 2) and batch["mask"].sum() == 300
