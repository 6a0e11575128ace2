"""The picture of a confusion matrix."""

import numpy as np

from jaxvid.viz import confusion

NAMES = ["jump", "run", "swim"]
COUNTS = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])


def test_shares_of_a_row(tmp_path, figures):
  confusion.draw(tmp_path / "confusion.png", COUNTS, NAMES)
  axes, *_ = figures["confusion.png"].axes
  np.testing.assert_array_equal(axes.images[0].get_array(), [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 0]])
  assert axes.images[0].get_clim() == (0, 1)
  for axis in (axes.xaxis, axes.yaxis):
    assert [label.get_text() for label in axis.get_ticklabels()] == NAMES
  # A number where there is a clip, at (column, row).
  numbers = {text.get_position(): text.get_text() for text in axes.texts}
  assert numbers == {(0, 0): "75", (1, 0): "25", (1, 1): "100"}


def test_many_classes_have_neither_numbers_nor_names(tmp_path, figures):
  confusion.draw(tmp_path / "some.png", np.eye(26), [f"class {k}" for k in range(26)])
  confusion.draw(tmp_path / "many.png", np.eye(61), [f"class {k}" for k in range(61)])
  some, many = figures["some.png"].axes[0], figures["many.png"].axes[0]
  assert not some.texts and some.get_yticklabels()[25].get_text() == "class 25"
  assert not many.texts and "class 25" not in [label.get_text() for label in many.get_yticklabels()]
