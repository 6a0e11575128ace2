"""The picture of features in two dimensions."""

import numpy as np
import pytest

from jaxvid.viz import embeddings
from jaxvid.viz.embeddings import Panel


@pytest.mark.parametrize("num_classes", [3, 20])
def test_points_and_colours(rng, tmp_path, figures, num_classes):
  labels = np.repeat(np.arange(num_classes), 2) + 5
  panels = [Panel(title, rng.normal(size=(len(labels), 2))) for title in ("with graph", "without")]
  embeddings.draw(tmp_path / "both.png", panels, labels)
  colours = []
  for axes, panel in zip(figures["both.png"].axes, panels, strict=True):
    [dots] = axes.collections
    assert axes.get_title() == panel.title
    np.testing.assert_allclose(dots.get_offsets(), panel.points)
    colours.append([tuple(colour) for colour in dots.get_facecolors()])
  # A class has its own colour, the same in both panels.
  assert colours[0] == colours[1] and len(set(colours[0])) == num_classes
  assert colours[0][0::2] == colours[0][1::2]
