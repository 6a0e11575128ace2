"""Named normalisations of pixels."""

import numpy as np
import pytest

from jaxvid.models.recognition.normalization import normalize


def test_by_hand():
  clip = np.array([[0, 51, 255]], np.uint8)  # One pixel: 0, 0.2, 1.
  np.testing.assert_allclose(normalize(clip, "symmetric"), [[-1, -0.6, 1]], atol=1e-6)
  np.testing.assert_allclose(normalize(clip, "half"), [[-2, -0.25 / 0.225, 0.55 / 0.225]], rtol=1e-6)
  expected = [[-0.43216 / 0.22803, (0.2 - 0.394666) / 0.22145, (1 - 0.37645) / 0.216989]]
  np.testing.assert_allclose(normalize(clip, "kinetics"), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["kinetics", "half", "symmetric"])
def test_bytes_and_fractions_are_the_same_pixels(rng, name):
  clip = rng.integers(0, 256, size=(1, 2, 3, 4, 3), dtype=np.uint8)
  out = normalize(clip, name)
  assert out.dtype == np.float32 and out.shape == clip.shape
  np.testing.assert_allclose(out, normalize(np.float32(clip / 255), name), atol=1e-6)


def test_refusals():
  flow = np.zeros((1, 2, 3, 4, 2), np.float32)
  assert normalize(flow, "symmetric").shape == flow.shape
  with pytest.raises(ValueError, match="is for 3 channels, the clip has 2"):
    normalize(flow, "kinetics")
  with pytest.raises(ValueError, match="must be one of kinetics, half, symmetric; got 'imagenet'"):
    normalize(flow, "imagenet")
  with pytest.raises(TypeError, match="got int32"):
    normalize(np.zeros((1, 2, 3, 4, 3), np.int32), "half")
