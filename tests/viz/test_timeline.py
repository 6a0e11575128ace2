"""Pictures of detections: what is in them, and that a failure leaves no half-written file."""

import dataclasses
import re
import subprocess
import sys

import numpy as np
import pytest

from jaxvid.viz import timeline

NAMES = [f"class {i}" for i in range(24)]


def recording(name="rec_1", truth=((0, 2, 0), (1, 3, 1)), found=((0.1, 2, 0, 0.5), (4, 5, 2, 1.0))):
  truth, found = np.reshape(truth, (-1, 3)), np.reshape(found, (-1, 4))
  return timeline.Timeline(
    id=name,
    duration=10.0,
    truth_segments=truth[:, :2],
    truth_labels=truth[:, 2].astype(int),
    segments=found[:, :2],
    scores=found[:, 3],
    labels=found[:, 2].astype(int),
  )


def texts(svg):
  """The strings that Matplotlib wrote into an SVG file."""
  return re.findall(r"<!-- (.*?) -->", svg.read_text())


def test_png(tmp_path):
  timeline.draw(tmp_path / "a.png", [recording()], NAMES)
  assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
  assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_svg_says_what_it_shows(tmp_path):
  timeline.draw(tmp_path / "a.svg", [recording(), recording("rec_2", found=())], NAMES, title="epoch 3")
  shown = texts(tmp_path / "a.svg")
  for text in ("epoch 3", "rec_1", "rec_2", "2 actions, 2 detections", "no detections", "seconds", "truth"):
    assert text in shown
  # Classes 0 and 2 have a row in the first panel and an entry in the legend; class 1 was not found, so only the latter.
  assert [shown.count(NAMES[i]) for i in range(4)] == [2, 1, 2, 0]
  assert "fill-opacity: 0.56" in (tmp_path / "a.svg").read_text()  # Score 0.5: 0.12 + 0.88 * 0.5.


def test_without_truth(tmp_path):
  found = dataclasses.replace(recording(), truth_segments=None, truth_labels=None, num_found=9)
  timeline.draw(tmp_path / "a.svg", [found, dataclasses.replace(found, id="rec_2", num_found=None)], NAMES)
  shown = texts(tmp_path / "a.svg")
  assert "truth" not in shown and "2 of 9 detections" in shown and "2 detections" in shown
  assert [shown.count(NAMES[i]) for i in range(3)] == [3, 0, 3]  # A row in each panel, and the legend.


def test_many_classes_and_recordings(tmp_path):
  many = [(i, i + 0.5, i, 0.9) for i in range(24)]
  timeline.draw(tmp_path / "a.svg", [recording(f"rec_{i}", found=many) for i in range(8)], NAMES)
  assert all(texts(tmp_path / "a.svg").count(name) == 8 + 1 for name in NAMES)


def test_classes_look_different():
  assert len({timeline._style(label) for label in range(45)}) == 45
  assert timeline._style(1000)


def test_overlapping_truth_lies_in_lanes():
  lane, ends = timeline._lanes(np.array([[5, 6], [0, 3], [1, 2], [2, 4], [3, 5]], float))
  # By start: [0, 3] lane 0, [1, 2] lane 1, [2, 4] lane 1 as it starts where that ends, [3, 5] and [5, 6] lane 0.
  assert lane.tolist() == [0, 0, 1, 1, 0]
  assert ends == [6, 4]
  assert len(timeline._lanes(np.zeros((0, 2)))[1]) == 1


@pytest.mark.parametrize("recordings, error", [([], ValueError), ([recording(found=(0, 1, 99, 0.5))], IndexError)])
def test_a_failure_leaves_the_old_picture(tmp_path, recordings, error):
  (tmp_path / "a.png").write_text("old")
  with pytest.raises(error):
    timeline.draw(tmp_path / "a.png", recordings, NAMES)
  assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_failed_write_leaves_no_temporary_file(tmp_path, monkeypatch):
  def half_a_file(self, path, **_):
    path.write_text("half")
    raise OSError("disk full")

  (tmp_path / "a.png").write_text("old")
  monkeypatch.setattr("matplotlib.figure.Figure.savefig", half_a_file)
  with pytest.raises(OSError, match="disk full"):
    timeline.draw(tmp_path / "a.png", [recording()], NAMES)
  assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_leaves_pyplot_alone():
  """pyplot picks a display and keeps every figure alive."""
  code = "import sys, jaxvid.viz.timeline, jaxvid.viz.curves; sys.exit('matplotlib.pyplot' in sys.modules)"
  assert subprocess.run([sys.executable, "-c", code], cwd=timeline.__file__.partition("jaxvid/viz")[0]).returncode == 0
