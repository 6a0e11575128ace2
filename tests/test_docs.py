"""What the pages name exists."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))


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
