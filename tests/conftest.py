"""Eight devices on one CPU, and the project's root on the path (configs and data_prep are used from a clone)."""

import os
import pathlib
import sys

# Before jax is imported anywhere. Tests compile much and compute little: without optimisation they take half the time.
CHEAP_COMPILATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ["XLA_FLAGS"] = f"{CHEAP_COMPILATION} --xla_force_host_platform_device_count=8"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

ROOT = pathlib.Path(__file__).parents[1]
for folder in (ROOT, ROOT / "tests"):
  sys.path.insert(0, str(folder))

import numpy as np  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture(scope="session")
def command_environment():
  """The environment of a command that a test runs: one device, as a user has it, and the project on the path."""
  return dict(os.environ, XLA_FLAGS=CHEAP_COMPILATION, PYTHONPATH=str(ROOT))


@pytest.fixture
def rng():
  return np.random.default_rng(0)
