"""Types of a registry: its own files, and modules of other projects."""

import dataclasses

import pytest

from jaxvid.build import TASKS, ConfigError, build, find_file
from jaxvid.tasks.base import task_file

NECK = """
import dataclasses


@dataclasses.dataclass
class Model:
  width: int
"""
NECKS = "jaxvid.models.localization.necks"


@pytest.fixture
def project(tmp_path, monkeypatch):
  """A folder on Python's path, with a package of files."""
  monkeypatch.syspath_prepend(tmp_path)
  folder = tmp_path / "my_project"
  folder.mkdir()
  (folder / "wide.py").write_text(NECK)
  (folder / "empty.py").write_text("")
  (folder / "broken.py").write_text("import a_library_that_is_not_installed")
  return folder


def test_a_dotted_type_names_a_module_of_another_project(project):
  neck = build(NECKS, dict(type="my_project.wide", width=3), "config.model.neck")
  assert type(neck).__module__ == "my_project.wide" and dataclasses.asdict(neck) == {"width": 3}


@pytest.mark.parametrize(
  "name, message",
  [
    ("my_project.wild", r"config.task.type: there is no module my_project.wild"),
    ("your_project.wide", r"config.task.type: there is no module your_project.wide \(No module named 'your_project'\)"),
    ("my_project.empty", r"config.task.type: .*empty.py is no task: it defines no class Task"),
    ("wide", 'config.task.type: no task "wide"; there are: anticipation, localization, recognition'),
    (None, 'no task "None"'),
    ("./wide.py", 'no task "./wide.py"'),
  ],
)
def test_what_is_not_there_is_named(project, name, message):
  with pytest.raises(ConfigError, match=message):
    find_file(TASKS, name, "config.task")


def test_what_a_task_s_file_lacks_is_named(project):
  (project / "half.py").write_text("class Task: pass\n\n\nclass Model: pass\n\n\nWEIGHTS = None\n")
  with pytest.raises(ConfigError, match="config.task.type: .*half.py defines no INFERENCE"):
    task_file("my_project.half")


def test_an_error_inside_such_a_module_is_shown_as_it_is(project):
  with pytest.raises(ModuleNotFoundError, match="a_library_that_is_not_installed"):
    find_file(TASKS, "my_project.broken", "config.task")
