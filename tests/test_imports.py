"""Who may import whom (docs/design.md, section 2), read from the source of every file."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FOLDERS = ("jaxvid", "configs", "data_prep")

# A room is a folder or a file directly in jaxvid/. What it may import of the project besides itself:
MAY_IMPORT = {
  "array_types": "",
  "time_grid": "",
  "files": "",
  "progress": "",
  "command": "progress",
  "shipped": "command",
  "build": "",
  "configuration": "build train",
  "records": "time_grid",
  "formats": "records files time_grid",
  "ops": "array_types time_grid",
  "layers": "ops array_types time_grid",
  "losses": "ops array_types time_grid",
  "models": "losses layers ops array_types time_grid",
  "tasks": "build losses models ops array_types time_grid",
  "weights": "models layers formats array_types time_grid",
  "metrics": "formats records time_grid",
  "video": "time_grid",
  "data": "formats records video time_grid",
  "viz": "files time_grid",
  "evaluation": "tasks models metrics data formats records viz files progress array_types time_grid",
  "evaluators": "evaluation tasks models metrics data formats records viz files progress array_types time_grid",
  "train": (
    "build evaluation evaluators tasks models losses ops metrics data formats records weights viz files progress"
    " array_types time_grid"
  ),
  "inference": (
    "command build train evaluation evaluators tasks models metrics data formats records video weights"
    " viz files progress array_types time_grid"
  ),
  "explaining": (
    "build inference train evaluation tasks models data formats records video weights"
    " viz files progress array_types time_grid"
  ),
  "studies": "build tasks train data formats metrics files progress",
  "configs": "",
  "data_prep": "command data formats records video viz files progress time_grid",
}
COMMANDS = "main evaluate predict extract fuse convert export study complexity embed explain browse __main__".split()
BESIDE = ("configs", "data_prep")  # At top level in the repository; links make them a part of the package.
for command in COMMANDS:
  MAY_IMPORT[command] = " ".join(room for room in MAY_IMPORT if room not in BESIDE)

# Other packages a room must not import, at the top of a file or inside a function.
JAX = "jax flax optax orbax"
NEVER = {
  "array_types": "flax",
  "time_grid": JAX + " numpy",
  "files": JAX + " numpy",
  "progress": JAX + " numpy",
  "command": JAX + " numpy",
  "shipped": JAX + " numpy",
  "ops": "flax optax grain",
  "layers": "optax grain",
  "losses": "flax optax grain",
  "models": "optax grain",
  "tasks": "flax grain",
  "metrics": JAX + " grain",
  "video": JAX + " grain",
  "data": JAX,
  "formats": JAX + " grain",
  "records": JAX + " grain",
  "build": JAX + " numpy grain",
  "viz": JAX + " grain",
  "studies": "flax optax orbax grain",
  "configs": JAX + " numpy grain",
  "data_prep": JAX,
}
FOREIGN = ("torch", "tensorflow")
MAY_READ_TORCH_FILES = ("weights", "convert", "formats")  # Inside a function: the package works without torch.


def room_of(path):
  """The room of a file, given relative to the root; None for jaxvid/__init__.py, which imports nothing."""
  if path.parts[0] != "jaxvid":
    return path.parts[0]
  return None if path.parts[1] == "__init__.py" else path.parts[1].removesuffix(".py")


def imported(source):
  """(line, dotted name, whether inside a function) of everything that a file imports."""
  tree = ast.parse(source)
  functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
  inside = {id(node) for function in functions for node in ast.walk(function)}
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      names = [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
    else:
      continue
    for name in names:
      yield node.lineno, name, id(node) in inside


def problems(path, source):
  """What is wrong with the imports of a file, a line each."""
  room = room_of(path)
  if room is not None and room not in MAY_IMPORT:
    return [f"{path}: room {room} is not in the table of tests/test_imports.py"]
  found = []
  for line, name, in_function in imported(source):
    package, *rest = name.split(".")
    if package == "":
      complaint = "imports are absolute"
    elif package in FOREIGN and not (package == "torch" and in_function and room in MAY_READ_TORCH_FILES):
      complaint = f"{package} is not imported here"
    elif package in NEVER.get(room, "").split():
      complaint = f"{room} does not import {package}"
    elif package in BESIDE:
      complaint = f"{package} is imported as jaxvid.{package}, its name once installed"
    elif package == "jaxvid" and rest and rest[0] not in ("__version__", room, *MAY_IMPORT.get(room, "").split()):
      complaint = f"{room} does not import {rest[0]}"
    else:
      continue
    found.append(f"{path}:{line}: {complaint} ({name})")
  return found


def test_every_file_keeps_to_the_table():
  paths = [path.relative_to(ROOT) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
  assert {path.parts[0] for path in paths} == set(FOLDERS)
  found = [problem for path in paths for problem in problems(path, (ROOT / path).read_text())]
  assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
  "path, source",
  [
    ("jaxvid/ops/nms.py", "import flax.linen as nn"),
    ("jaxvid/ops/nms.py", "from jaxvid.layers import sgp"),
    ("jaxvid/metrics/detection.py", "import jax.numpy as jnp"),
    ("jaxvid/metrics/detection.py", "def f():\n  from jax import numpy"),
    ("jaxvid/data/store.py", "import jax"),
    ("jaxvid/formats/feature_files.py", "import torch"),
    ("jaxvid/data/store.py", "from jaxvid.models import network"),
    ("jaxvid/models/localization/heads/point.py", "from jaxvid import tasks"),
    ("jaxvid/models/localization/heads/point.py", "import jaxvid.train.loop"),
    ("jaxvid/models/localization/heads/point.py", "from jaxvid.data import store"),
    ("jaxvid/viz/timeline.py", "from jaxvid.models import network"),
    ("jaxvid/losses.py", "from jaxvid.tasks import base"),
    ("jaxvid/train/loop.py", "if True:\n  import tensorflow as tf"),
    ("jaxvid/train/loop.py", "def f():\n  import torch"),
    ("jaxvid/weights/rules.py", "import torch"),
    ("jaxvid/weights/rules.py", "def f():\n  import tensorflow"),
    ("jaxvid/main.py", "from jaxvid.configs import common"),
    ("jaxvid/main.py", "def f():\n  import jaxvid.data_prep.build"),
    ("configs/thumos_sgp.py", "from jaxvid.data_prep.datasets import thumos14"),
    ("configs/thumos_sgp.py", "from jaxvid.models import network"),
    ("jaxvid/ops/nms.py", "from . import segments"),
    ("jaxvid/new_room/part.py", ""),
  ],
)
def test_the_table_can_be_broken(path, source):
  assert len(problems(pathlib.Path(path), source)) == 1


@pytest.mark.parametrize(
  "path, source",
  [
    ("jaxvid/ops/nms.py", "import jax\nfrom jaxvid.ops import segments"),
    ("jaxvid/weights/rules.py", "def f():\n  import torch"),
    ("jaxvid/formats/feature_files.py", "def f():\n  import torch"),
    ("jaxvid/main.py", "def f():\n  from jaxvid.train import loop"),
    ("configs/thumos_sgp.py", "from jaxvid.configs import common"),
    ("data_prep/build.py", "from jaxvid.data_prep.datasets import thumos14\nfrom jaxvid.data import store"),
    ("jaxvid/__main__.py", "from jaxvid import __version__"),
  ],
)
def test_the_table_allows_what_it_should(path, source):
  assert not problems(pathlib.Path(path), source)
