"""What the pages and the configurations' docstrings name exists: files, commands, flags, settings, Python names."""

import argparse
import ast
import functools
import importlib
import importlib.util
import pathlib
import pkgutil
import re
import shlex

import pytest

from jaxvid import __main__, build, command, configuration, shipped
from jaxvid.tasks.base import task_file
from jaxvid.train import config_file
from jaxvid.train.optim import optimizers

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
CONFIGS = sorted((ROOT / "configs").rglob("[a-z]*.py"))
COMMANDS = {**__main__.COMMANDS, "main": "jaxvid.main"}
BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.S | re.M)
SECTIONS = "task|model|data|optim|train|eval"
PARTS = "backbone|neck|head|anticipator"  # Written without "model." where a page is about them.


class FlagsRead(Exception):
  """Raised in the place of what a command does once it has read its flags."""


def text_of(page):
  """A page, or the docstring of a configuration; a line that goes on after a backslash is joined with the next."""
  text = page.read_text()
  if page.suffix == ".py":
    text = ast.get_docstring(ast.parse(text)) or ""
  return re.sub(r"\\\n\s*", "", text)


def spans_of(page):
  """What stands between backticks in the text of a page, each on one line."""
  return [re.sub(r"\s+", " ", span) for span in re.findall(r"`([^`]+)`", BLOCK.sub("", text_of(page)))]


def commands_of(page):
  """(name, arguments, whole) of command lines of jaxvid: those in blocks, and parts of such in the text."""
  blocks = "\n".join(BLOCK.findall(text_of(page))) if page.suffix == ".md" else text_of(page)
  lines = [(line, True) for line in blocks.splitlines()] + [(span, False) for span in spans_of(page)]
  for line, whole in lines:
    line = line.split(" #")[0].split(" ...")[0].strip()
    if found := re.match(r"(?:[^`]* \| |\$ |\w+=\S+ )?(?:python -m )?jaxvid ([a-z]\w*)(?: |$)(.*)", line):
      yield found[1], shlex.split(found[2]), whole


@pytest.fixture
def only_flags(monkeypatch):
  """Commands read their flags and go no further."""
  for kind, name in ((command.Parser, "parse"), (argparse.ArgumentParser, "parse_args")):

    def read(self, *args, parse=getattr(kind, name), **kwargs):
      parse(self, *args, **kwargs)
      raise FlagsRead

    monkeypatch.setattr(kind, name, read)


@pytest.mark.parametrize("page", PAGES + CONFIGS, ids=lambda page: page.stem)
def test_commands_and_their_flags_exist(page, only_flags, capsys):
  wrong = []
  for name, arguments, whole in commands_of(page):
    line = shlex.join(["jaxvid", name, *arguments])
    if name not in COMMANDS:
      wrong.append(f"{line}: no such command")
    elif arguments and "NAME" not in arguments and "--help" not in arguments:
      try:
        importlib.import_module(COMMANDS[name]).main(arguments)
      except FlagsRead:
        pass
      except (SystemExit, ValueError) as problem:
        said = f"{capsys.readouterr().err}{problem}"
        if whole or not re.search("missing|required|name comes first|unknown dataset 'kitchens'", said):
          wrong.append(f"{line}: {said}")
  assert not wrong, "\n".join(wrong)


def test_command_lines_are_found():
  found = [(name, whole) for page in PAGES + CONFIGS for name, _, whole in commands_of(page)]
  assert len(found) > 150 and {name for name, _ in found} >= set(__main__.COMMANDS) - {"embed"}
  assert 10 < sum(not whole for _, whole in found) < len(found) / 2


@pytest.mark.parametrize("page", PAGES + CONFIGS, ids=lambda page: page.stem)
def test_configurations_on_command_lines_take_the_settings_given(page):
  for name, arguments, _ in commands_of(page):
    flags = dict(argument.removeprefix("--").partition("=")[::2] for argument in arguments)
    prefix = "base" if name == "study" else "config"
    path = flags.get(prefix)
    if "study" in flags and not path:
      base = re.search(r'^BASE = "(.+)"$', pathlib.Path(shipped.study(flags["study"])).read_text(), re.M)[1]
      path = f"{base}:{flags['variant']}" if "variant" in flags else base
    if path and not path.startswith("runs/"):
      overrides = [argument for argument in arguments if argument.startswith(f"--{prefix}.")]
      configuration.load(shipped.configuration(path), overrides, prefix)


@functools.cache
def settings():
  """Dotted names of all settings that there are, with any types."""
  registries = dict(task=build.TASKS, data=build.DATA, eval=build.EVALUATORS)
  typed = {section: build.types(registry) for section, registry in registries.items()}
  first = {section: dict(type=names[0]) for section, names in typed.items()}
  first |= dict(train={}, optim=dict(type="adamw", schedule=dict(type="constant")))
  configs = [first | {section: dict(type=name)} for section in typed for name in typed[section]]
  configs += [first | dict(optim=dict(type=name, schedule=first["optim"]["schedule"])) for name in optimizers()]
  for name in build.types(build.SCHEDULES):
    configs.append(first | dict(optim=dict(type="adamw", schedule=dict(type=name))))
  for task in typed["task"]:
    for part, registry in task_file(task).Model.PARTS.items():
      configs += [first | dict(task=dict(type=task), model={part: dict(type=t)}) for t in build.types(registry)]
  known = set()
  for config in configs:
    paths = [*SECTIONS.split("|"), *(f"model.{part}" for part in config.get("model", {}))]
    while paths:
      path = paths.pop()
      for key in (config_file.keys_of(config, path) or {}) if path.count(".") < 2 else ():
        known.add(f"{path}.{key}")
        if not path.startswith("model"):
          paths.append(f"{path}.{key}")
  return known | {"seed"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_in_the_text_exist(page):
  spans = spans_of(page)
  if page.stem == "torch":  # The left column of its table has the settings of other projects.
    spans = re.findall(r"`([^`]+)`", re.sub(r"^\|.*?\|", "", text_of(page), flags=re.M))
  named = [
    found for span in spans for found in re.findall(rf"(?<![\w./])(?:config\.)?((?:{SECTIONS})(?:\.[a-z]\w*)+)", span)
  ]
  named += [f"model.{found}" for span in spans for found in re.findall(rf"(?<![\w./])((?:{PARTS})\.[a-z]\w*)", span)]
  assert not [name for name in named if name not in settings() and name != "eval.py"]


def test_settings_are_found_of_every_section():
  assert {"task.detection.sigma", "model.head.error_weight", "model.anticipator.window", "train.epochs"} <= settings()
  assert {"optim.momentum", "optim.b1", "optim.schedule.warmup_epochs", "data.tau_a", "eval.submission"} <= settings()
  assert "optim.schedule.epochs" not in settings()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_names_exist(page):
  names = re.findall(r"(?<![\w/.'-])((?:jaxvid|data_prep|benchmarks)(?:\.[A-Za-z_]\w*)+)", text_of(page))
  for module, of in re.findall(r"from (jaxvid[\w.]*) import ([\w, ]+)", text_of(page)):
    names += [f"{module}.{name.strip()}" for name in of.split(",")]
  missing = []
  for name in dict.fromkeys(names):
    name = f"jaxvid.{name}" if name.startswith("data_prep.") else name
    try:
      pkgutil.resolve_name(name)
    except (AttributeError, ImportError) as error:
      missing.append(f"{name}: {error}")
  assert not missing


def test_the_import_table_of_the_design_is_the_one_that_holds():
  spec = importlib.util.spec_from_file_location("table_of_imports", ROOT / "tests" / "test_imports.py")
  spec.loader.exec_module(table := importlib.util.module_from_spec(spec))
  section = (ROOT / "docs" / "design.md").read_text().split("## 2.")[1]
  rows = re.findall(r"^(\w+) +(.+)$", re.sub(r"\n {2,}", " ", BLOCK.search(section)[1]), re.M)
  shown = {room: set(may.replace("-", "").split()) for room, may in rows}
  assert shown == {room: set(may.split()) for room, may in table.MAY_IMPORT.items() if room not in table.COMMANDS}


def test_the_layout_of_the_design_names_every_room_and_every_type():
  layout = BLOCK.search((ROOT / "docs" / "design.md").read_text())[1]
  rooms = [path.stem for path in (ROOT / "jaxvid").iterdir() if path.suffix == ".py" or path.is_dir()]
  registries = [ROOT / "jaxvid" / "train" / "schedules", ROOT / "jaxvid" / "data" / "pipelines"]
  registries += [path for path in (ROOT / "jaxvid" / "models").glob("*/*") if path.is_dir()]
  types = [path.stem for registry in registries for path in registry.glob("[a-z]*.py") if path.stem != "warmup"]
  assert len(rooms) > 30 and len(types) > 20
  assert not [name for name in rooms + types if name[0] != "_" and not re.search(rf"\b{name}\b", layout)]


def test_every_configuration_and_study_is_in_a_table():
  studies = [path.stem for path in CONFIGS if "def get_study" in path.read_text()]
  configs = [path.stem for path in CONFIGS if "def get_config" in path.read_text()]
  assert len(studies) > 5 and len(configs) > 20
  readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs" / "studies.md").read_text()
  assert not [name for name in configs if not re.search(rf"^\|.*`{name}`.*\|$", readme, re.M)]
  assert not [name for name in studies if not re.search(rf"^\| `{name}` \|", page, re.M)]


def test_every_file_of_the_glossary_exists():
  """A row ends in the files to open, given from jaxvid/ on."""
  rows = [line for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| ")]
  files = [file for row in rows for file in re.findall(r"`([^`]+)`", row.split(" | ")[-1])]
  assert len(files) > 40
  assert not [file for file in files if not (ROOT / "jaxvid" / file).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_paths_lead_somewhere(page):
  text = page.read_text()
  links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
  broken = [link for link in links if link and not (page.parent / link).exists()]
  paths = re.findall(r"(?<![\w/.])((?:jaxvid|configs|data_prep|tests|docs|benchmarks)/[\w/]+\.(?:py|md))\b", text)
  broken += [path for path in paths if "NAME" not in path and not (ROOT / path).exists()]
  assert not broken
