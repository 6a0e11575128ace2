"""Figures as they are saved, for tests of what a picture shows."""

import pytest

from jaxvid.viz import figure as fig


@pytest.fixture
def figures(monkeypatch):
  """File name -> the figure that was saved under it."""
  saved, save = {}, fig.save

  def keep(figure, path):
    saved[path.name] = figure
    save(figure, path)

  monkeypatch.setattr(fig, "save", keep)
  return saved
