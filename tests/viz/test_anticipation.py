"""Pictures that explain an anticipation."""

import numpy as np

from jaxvid.viz import anticipation
from jaxvid.viz.anticipation import Cell, Strip

NAMES = ["take pan", "wash pan", "dry pan"]


def test_lifts(tmp_path, figures):
  """White is chance; what is not known is masked; the antecedent has a frame."""
  cells = [Cell(1, 0, 2.0, 5.0), Cell(2, 1, 0.5, 3.0), Cell(1, 1, 1.0, 1.0)]
  anticipation.draw_lifts(tmp_path / "lifts.png", cells, NAMES, "all windows", {1: 0})
  axes = figures["lifts.png"].axes[0]
  rows = [label.get_text() for label in axes.get_yticklabels()]
  columns = [label.get_text() for label in axes.get_xticklabels()]
  assert set(rows) == {"wash pan", "dry pan"} and set(columns) == {"take pan", "wash pan"}
  logs, norm = axes.images[0].get_array(), axes.images[0].norm
  at = lambda row, column: logs[rows.index(row), columns.index(column)]  # noqa: E731
  assert (at("wash pan", "take pan"), at("dry pan", "wash pan"), at("wash pan", "wash pan")) == (1, -1, 0)
  assert at("dry pan", "take pan") is np.ma.masked
  assert norm(0) == 0.5 and norm.vmin == -norm.vmax
  assert sorted(text.get_text() for text in axes.texts) == ["0.50", "1.00", "2.00"]
  [frame] = axes.patches
  assert frame.get_xy() == (columns.index("take pan") - 0.5, rows.index("wash pan") - 0.5)
  assert axes.get_title(loc="left") == "all windows"


def test_effects(tmp_path, figures):
  positions = [(1, 40, -0.2, 0.3, 0.5), (2, 1200, -0.1, 0.2, 0.25)]
  anticipation.draw_effects(tmp_path / "effects.png", positions, [Cell(0, 1, -0.31, 4.0)], NAMES)
  left, right, *_ = figures["effects.png"].axes
  heights = {bars.get_label(): [bar.get_height() for bar in bars] for bars in left.containers}
  assert heights == {
    "first guess changes (share)": [0.5, 0.25],
    "total variation distance": [0.3, 0.2],
    "change of the probability": [-0.2, -0.1],
  }
  assert [label.get_text() for label in left.get_xticklabels()] == ["1\nn=40", "2\nn=1,200"]
  assert [text.get_text() for text in right.texts] == ["-31"]
  assert [label.get_text() for label in right.get_yticklabels()] == ["take pan"]


def test_a_window(tmp_path, figures):
  attention = np.array([[0.0, 0.25, 0.75], [0.0, 0.75, 0.25]])
  anticipation.draw_sample(
    tmp_path / "window.png",
    title="video_1 at 12 s",
    times=np.array([-3.0, -2.0, -1.0]),
    attention=attention,
    reached=np.array([False, True, True]),
    gate=np.array([0.5, 0.25, 0.1]),
    strips=[Strip("truth", np.array([0, 0, -1]))],
    names=["take", "wash"],
  )
  heat, gate, strip, *_ = figures["window.png"].axes
  weights = heat.collections[0].get_array()
  assert weights[:, 0].mask.all(), "a step that is not reached is grey"
  np.testing.assert_array_equal(weights[:, 1:], [[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]])
  assert [label.get_text() for label in heat.get_yticklabels()] == ["mean", "head 1", "head 2"]
  np.testing.assert_array_equal(gate.patches[0].get_data().values, [0.5, 0.25, 0.1])
  [bar] = strip.patches  # Two steps of one class, each seen for the second before its time.
  assert (bar.get_x(), bar.get_width()) == (-4.0, 2.0) and strip.texts[0].get_text() == "take"
