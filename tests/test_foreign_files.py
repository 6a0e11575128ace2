"""Files that others write are parsed in jaxvid/formats (weights and their settings in jaxvid/weights), nowhere else."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
ROOMS = ("jaxvid/formats/", "jaxvid/weights/")
CALLS = ("json.load", "json.loads", "csv.reader", "csv.DictReader", "np.load", "np.loadtxt", "np.genfromtxt")
CALLS += ("np.fromfile", "json_files.read", "csv_table.rows", "csv_table.plain_rows", "csv_table.field")
CALLS += ("csv_table.number", "csv_table.index", "csv_table.seconds")
METHODS = ("read_text", "read_bytes", "readlines")  # Of a file, whose lines are then split.
PACKAGES = ("h5py", "lmdb", "pickle", "tarfile", "xml", "yaml", "zipfile")

# What these parse is jaxvid's own, or belongs to the program that runs them.
OWN = {
  "jaxvid/__main__.py": "docstrings of the commands",
  "jaxvid/data/sequence_records.py": "a field of a record",
  "jaxvid/evaluation/averages.py": "scores.json of an evaluation",
  "jaxvid/evaluation/clip_features.py": "features.npz of an evaluation",
  "jaxvid/inference/anticipator.py": "the state of a stream",
  "jaxvid/inference/stream.py": "steps on standard input, a JSON list a line",
  "jaxvid/predict.py": "the tasks' source, for the files of inference/commands that they name",
  "jaxvid/studies/run.py": "result.json, failure.json, scores.json and metrics.jsonl of a run",
  "jaxvid/train/workdir.py": "config.json of a training",
  "jaxvid/train/log.py": "metrics.jsonl of a training",
  "jaxvid/viz/curves.py": "metrics.jsonl of a training",
  "jaxvid/viz/explanation_page.py": "pictures that the page holds",
  "data_prep/building/clip_encoding.py": "clips of a build that was stopped",
  "data_prep/statistics/clip_stats.py": "manifest.json of a build",
  "data_prep/stickgym/render.py": "made_with.json of a drawn dataset",
}


def parses(source):
  """(line, what) of what a file parses, or imports for it."""
  for node in ast.walk(ast.parse(source)):
    if isinstance(node, ast.Call):
      called = ast.unparse(node.func).replace("numpy.", "np.")
      if called in CALLS or isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        yield node.lineno, called
    elif isinstance(node, ast.Import):
      yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] in PACKAGES)
    elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (*PACKAGES, "json", "csv"):
      yield node.lineno, f"from {node.module}"


def test_foreign_files_are_parsed_in_their_room():
  paths = [path for folder in ("jaxvid", "data_prep") for path in sorted((ROOT / folder).rglob("*.py"))]
  names = [path.relative_to(ROOT).as_posix() for path in paths]
  assert len(names) > 200
  found = [
    f"{name}:{line}: {what}"
    for name, path in zip(names, paths)
    if not name.startswith(ROOMS) and name not in OWN
    for line, what in parses(path.read_text())
  ]
  assert not found, "move the reading of the file to jaxvid/formats:\n" + "\n".join(found)


def test_the_list_of_own_files_is_not_longer_than_it_must_be():
  idle = [name for name in OWN if not (ROOT / name).exists() or not list(parses((ROOT / name).read_text()))]
  assert not idle


@pytest.mark.parametrize(
  "source",
  [
    "import json\njson.loads(text)",
    "def f():\n  import h5py",
    "import yaml",
    "from json import load",
    "numpy.load(x)",
    "for line in Path(file).read_text().splitlines(): ...",
    "for line, row in csv_table.rows(file): ...",
  ],
)
def test_what_counts_as_parsing(source):
  assert len(list(parses(source))) == 1


def test_what_does_not():
  assert not list(parses("import json\njson.dumps(3)\nimport csv\ncsv.writer(file)\nimport numpy as np\nnp.save(x)"))
