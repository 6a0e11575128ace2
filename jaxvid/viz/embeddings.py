"""Scatter plots of two-dimensional embeddings, coloured by class, for several models side by side."""

import dataclasses
import os
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from jaxvid.viz import figure as fig


@dataclasses.dataclass(frozen=True)
class Panel:
  """One scatter plot: its title and its points (N, 2)."""

  title: str
  points: np.ndarray


def draw(path: str | os.PathLike, panels: Sequence[Panel], labels: np.ndarray) -> None:
  """Draws the panels in a row; a class has the same colour in all.

  Args:
    path: of the picture; its ending says PNG, SVG or PDF.
    panels: with N points each.
    labels: (N,) class indices.
  """
  classes, index = np.unique(labels, return_inverse=True)
  if len(classes) <= len(fig.COLOURS):
    colours = np.array(fig.COLOURS)[index]
  else:
    # Neighbours in a fine-grained list resemble each other, so their colours are set far apart on the wheel.
    places = (np.arange(len(classes)) * 0.381966) % 1
    colours = matplotlib.colormaps["hsv"](places)[index]
  figure = Figure(figsize=(4.2 * len(panels), 4.4), layout="constrained")
  for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
    axes.scatter(*panel.points.T, c=colours, s=6, linewidths=0, alpha=0.8)
    axes.set_title(panel.title, fontsize=10, color=fig.INK)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal", adjustable="datalim")
    for spine in axes.spines.values():
      spine.set_color(fig.FAINT)
  fig.save(figure, path)
