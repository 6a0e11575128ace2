"""Colours and frames of figures, and saving them."""

import os

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxvid import files

INK = "#222222"
FAINT = "#8a8a8a"

# Paul Tol's "muted" scheme, which colour-blind readers can tell apart, with neighbours far apart.
COLOURS = ("#332288", "#CC6677", "#44AA99", "#DDCC77", "#882255", "#88CCEE", "#117733", "#AA4499", "#999933")


def clear_frame(axes: Axes) -> None:
  """Removes the frame except for the horizontal axis."""
  axes.spines[["left", "right", "top"]].set_visible(False)
  axes.spines["bottom"].set_color(FAINT)
  axes.tick_params(colors=INK, labelsize=8, length=3, color=FAINT)
  axes.set_axisbelow(True)


def save(figure: Figure, path: str | os.PathLike) -> None:
  """Writes a figure in the format that the ending of `path` names, in one step."""
  with files.replacing(path) as temporary:
    figure.savefig(temporary, dpi=150, facecolor="white", bbox_inches="tight", pad_inches=0.15)
