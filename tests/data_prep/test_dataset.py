"""Every dataset says what it is in one form, and is found by its name without the others."""

import argparse
import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jaxvid import command
from jaxvid.data import store
from jaxvid.data_prep import build, dataset, stats
from jaxvid.data_prep.dataset import Dataset

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data_prep" / "datasets"
NAMES = dataset.names()


def test_every_file_is_a_dataset():
  assert NAMES == sorted(file.stem for file in FOLDER.glob("*.py") if file.stem != "__init__") and len(NAMES) >= 15


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_is_well_formed(name):
  found = dataset.load(name)
  assert isinstance(found, Dataset) and found.name == name
  assert re.fullmatch(r"\d+\.\d+\.\d+", found.version)
  assert found.kind in ("sequences", "windows", "clips") and callable(found.reader)
  assert re.fullmatch(r"\S.*\.", found.summary) and "--source" in found.doc or not found.needs_source
  sentence = found.describe("CONFIG", "FILE")
  assert sentence.endswith(".") and "{" not in sentence
  for splits in found.aliases.values():
    assert splits and set(splits) <= set(found.splits)
  assert not set(found.aliases) & set(found.splits)
  assert found.kind == "clips" or found.annotations
  if found.configs:
    for config in found.configs:
      found.check_config(config)
    with pytest.raises(dataset.BadInput, match=f"{name}/nothing: configuration: unknown. Use one of: "):
      found.check_config("nothing")


@pytest.mark.parametrize("name", NAMES)
def test_its_flags_parse_and_help_has_them_all(name, capsys):
  found = dataset.load(name)
  parser = argparse.ArgumentParser()
  found.add_flags(parser)
  parser.parse_args([])
  for module in (build, stats):
    with pytest.raises(SystemExit) as stop:
      module.main([name, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    flags = [] if module is stats and found.kind == "clips" else list(found.flags)
    assert all(flag in text for flag in [*flags, "--data_dir"])
    if module is build:
      assert found.summary in text and "--source" in text


@pytest.mark.parametrize("name", NAMES)
def test_its_file_is_a_description(name):
  text = (FOLDER / f"{name}.py").read_text()
  docstring = ast.parse(text).body[0]
  assert 10 <= len(text.splitlines()) - docstring.end_lineno <= 40


def test_the_overview_has_a_line_each_also_where_a_package_is_missing(monkeypatch):
  module = "jaxvid.data_prep.datasets.hapt"
  monkeypatch.setitem(sys.modules, module, None)
  lines = dataset.overview().splitlines()
  assert [line.split()[0] for line in lines] == NAMES
  told = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
  assert told["thumos14"] == dataset.load("thumos14").summary
  assert "cannot be used here" in told["hapt"] and module in told["hapt"]
  with pytest.raises(SystemExit, match=f"^error: .*{module}"):
    command.run(build.main, ["hapt", "--source=."])


def test_one_dataset_is_found_without_importing_the_others():
  script = """
import sys
from jaxvid.data_prep import dataset
dataset.names()
imported = lambda: sorted(name for name in sys.modules if name.startswith("jaxvid.data_prep.datasets."))
assert not imported(), imported()
dataset.load("thumos14")
assert imported() == ["jaxvid.data_prep.datasets.thumos14"], imported()
"""
  subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
  "name, message",
  [
    ("thumos", "unknown dataset 'thumos'; did you mean thumos14[?] There are: activitynet13, .*thumos14"),
    ("epic_100", "did you mean epic100[?]"),
    ("zzz", "unknown dataset 'zzz'; there are: activitynet13"),
    ("__init__", "unknown dataset"),
  ],
)
def test_an_unknown_name(name, message):
  with pytest.raises(ValueError, match=message):
    dataset.load(name)


def test_the_dataset_that_the_documentation_shows(make_source, tmp_path, monkeypatch):
  example = re.search(r"## Another dataset.*?```python\n(.*?)```", (ROOT / "docs/datasets.md").read_text(), re.DOTALL)[
    1
  ]
  (tmp_path / "kitchens.py").write_text(example)
  spec = importlib.util.spec_from_file_location("jaxvid.data_prep.datasets.kitchens", tmp_path / "kitchens.py")
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  monkeypatch.setitem(sys.modules, spec.name, module)
  monkeypatch.setattr(dataset, "names", lambda: [*NAMES, "kitchens"])
  annotations = [{"label": "open drawer", "segment": [1.0, 2.5]}]
  source = make_source({"a": {"subset": "training", "duration": 20.0, "annotations": annotations, "steps": 121}})
  command.run(build.main, ["kitchens/i3d", f"--source={source}", f"--data_dir={tmp_path}"])
  split = store.open_dataset(tmp_path, "kitchens/i3d", "train")
  assert split.class_names == ["open drawer"] and split.contract.extractor == "i3d" and split[0]["fps"] == 25
  assert split.metadata["description"] == "Kitchens: a hundred untrimmed videos with the segments of 12 actions."
