"""Eight devices on one CPU, and the project's root on the path (configs and data_prep are used from a clone)."""

import importlib.metadata
import os
import pathlib
import signal
import sys

# Before jax is imported anywhere. Tests compile much and compute little: without optimisation they take half the time.
CHEAP_COMPILATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
if importlib.metadata.version("jaxlib").startswith("0.10."):  # A quarter less; later versions have no such flag.
  CHEAP_COMPILATION += " --xla_cpu_use_fusion_emitters=false"
os.environ["XLA_FLAGS"] = f"{CHEAP_COMPILATION} --xla_force_host_platform_device_count=8"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

ROOT = pathlib.Path(__file__).parents[1]
# What one process of the tests has compiled, the others and the next run load: XLA's compilation is half of their time.
# An entry's key is the program, the versions of jax and XLA and all flags, so nothing stale is ever found.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".pytest_cache" / "jax"))
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

# A shell that runs the tests in the background has them, and the commands they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

for folder in (ROOT, ROOT / "tests"):
  sys.path.insert(0, str(folder))

import numpy as np  # noqa: E402
import pytest  # noqa: E402


def pytest_addoption(parser):
  parser.addoption("--shapes", action="store_true", help="check all calls against their annotations, shapes included")


def pytest_configure(config):
  if config.getoption("--shapes"):
    import jaxtyping

    # Before any of these is imported: their functions are wrapped as their modules are loaded.
    # Not tasks/base.py: its protocols are no classes that a value could be held against.
    tasks = [f"tasks.{path.stem}" for path in (ROOT / "jaxvid" / "tasks").glob("*.py") if path.stem != "base"]
    rooms = ["ops", "layers", "losses", "models", *tasks]
    jaxtyping.install_import_hook([f"jaxvid.{room}" for room in rooms], "shape_checks.check")


@pytest.fixture(scope="session")
def command_environment():
  """The environment of a command that a test runs: one device, as a user has it, and the project on the path."""
  return dict(os.environ, XLA_FLAGS=CHEAP_COMPILATION, PYTHONPATH=str(ROOT))


@pytest.fixture
def rng():
  return np.random.default_rng(0)
