"""Picture of a confusion matrix."""

import os

import numpy as np
from matplotlib.figure import Figure

from jaxvid.viz import figure as fig

# Most classes with readable names, and with readable numbers.
_NAMED, _NUMBERED = 60, 25


def draw(path: str | os.PathLike, confusion: np.ndarray, class_names: list[str]) -> None:
  """Draws a confusion matrix, true classes in rows and predicted ones in columns, as percent of each true class.

  Args:
    path: of the picture; its ending says PNG, SVG or PDF.
    confusion: (K, K) counts, [true, predicted].
    class_names: K names.
  """
  num_classes = len(class_names)
  share = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
  side = min(4 + 0.32 * num_classes, 16)
  figure = Figure(figsize=(side + 1, side), layout="constrained")
  axes = figure.subplots()
  image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
  figure.colorbar(image, ax=axes, shrink=0.7, label="share of the class")
  axes.set_xlabel("predicted class")
  axes.set_ylabel("true class")
  if num_classes <= _NAMED:
    axes.set_xticks(range(num_classes), class_names, rotation=90, fontsize=7)
    axes.set_yticks(range(num_classes), class_names, fontsize=7)
  if num_classes <= _NUMBERED:
    for row, column in zip(*np.nonzero(confusion)):
      color = "white" if share[row, column] > 0.5 else "black"
      axes.text(column, row, f"{100 * share[row, column]:.0f}", ha="center", va="center", fontsize=6, color=color)
  fig.save(figure, path)
