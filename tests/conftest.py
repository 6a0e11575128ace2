"""Eight devices on one CPU, and the project's root on the path (configs and data_prep are used from a clone)."""

import os
import pathlib
import sys

# Before jax is imported anywhere.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

ROOT = pathlib.Path(__file__).parents[1]
for folder in (ROOT, ROOT / "tests"):
  sys.path.insert(0, str(folder))

import numpy as np  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture
def rng():
  return np.random.default_rng(0)
