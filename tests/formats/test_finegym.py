"""FineGym's lists and annotations: what a line says, and what is wrong with one."""

import json

import pytest

from jaxvid.formats import finegym
from jaxvid.formats.errors import FormatError

ID = "0LtLS9wROrk_E_002184_002237_A_0035_0036"


def write(folder, text):
  (folder / "file.txt").write_text(text)
  return folder / "file.txt"


def test_an_element(tmp_path):
  [element] = finegym.elements(write(tmp_path, f"{ID} 7\n"), 99)
  assert (element.id, element.video, element.label, element.line) == (ID, "0LtLS9wROrk", 7, 1)
  assert (element.event, element.action) == ("E_002184_002237", "A_0035_0036")
  assert (element.start, element.end) == (2184 + 35, 2184 + 36 + 1)  # Seconds are rounded down.


@pytest.mark.parametrize("line", [f"{ID} 99", f"{ID} x", f"{ID}", "short_E_002184_002237_A_0035_0036 1"])
def test_lines_that_are_no_element(line, tmp_path):
  with pytest.raises(FormatError, match="file.txt: line 2: .* is not VIDEO_E_s_e_A_s_e LABEL"):
    finegym.elements(write(tmp_path, f"{ID} 0\n{line}\n"), 99)


def test_categories_of_one_name_are_told_apart(tmp_path):
  lines = [f"Clabel: {label}; set: 1; Glabel: {label + 5}; {name}" for label, name in enumerate(("a", "b", "a"))]
  assert finegym.categories(write(tmp_path, "\n".join(lines)), 3) == ["a [Glabel 5]", "b", "a [Glabel 7]"]
  with pytest.raises(FormatError, match="not 4 lines of Clabel"):
    finegym.categories(write(tmp_path, "\n".join(lines)), 4)


@pytest.mark.parametrize(
  "actions, message",
  [
    ({}, "has no times of it"),
    (None, "has no times of it"),
    ({"A_0035_0036": {"timestamps": [["x", 1]]}}, "has no times of it"),
    ({"A_0035_0036": {"timestamps": []}}, "has no times of it"),
    ({"A_0035_0036": {"timestamps": [[35.9, 35.2], [35.9, 35.9]]}}, ""),
    ({"A_0035_0036": {"timestamps": [[35.5, 35.5]]}}, "is reversed or empty"),
  ],
)
def test_annotated_times(actions, message, tmp_path):
  [element] = finegym.elements(write(tmp_path, f"{ID} 7\n"), 99)
  event = {"timestamps": [[2184.25, 2237.0]], "segments": actions, "event": 1}
  found = finegym.annotations(write(tmp_path, json.dumps({element.video: {element.event: event}})))
  if message:
    with pytest.raises(FormatError, match=f"{ID}: .*{message}"):
      found.times(element)
  else:
    assert found.times(element) == pytest.approx((2184.25 + 35.2, 2184.25 + 35.9))
