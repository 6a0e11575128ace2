"""Pictures that explain anticipations: attention to past actions, and the effect of replacing them."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from jaxvid.viz import figure as fig

_MAX_CLASSES, _NUMBERED = 40, 16
_MAX_POSITIONS = 8
# The colours of lifts reach from 1 / c to c, with c the first of these that covers most of the table.
_CLIPS = (1.5, 2, 4, 8)
_UNKNOWN = "#ececec"
_CHARACTER_INCHES = 0.062  # At 7 points.


@dataclasses.dataclass(frozen=True)
class Cell:
  """One cell of a table of classes: row and column, the value, and the number of cases that it is averaged over."""

  row: int
  column: int
  value: float
  weight: float


@dataclasses.dataclass(frozen=True)
class Strip:
  """A row of steps coloured by class: its name, and the class ids (T,), -1 for none."""

  name: str
  labels: np.ndarray


def draw_lifts(
  path: str | os.PathLike, cells: Sequence[Cell], names: Sequence[str], title: str, marked: Mapping[int, int]
) -> None:
  """Draws a table of lifts, attention divided by chance: anticipated actions in rows, past actions in columns.

  The colour scale is logarithmic and symmetric; white is chance, grey is unknown.

  Args:
    path: of the picture; its ending says PNG, SVG or PDF.
    cells: lifts; row and column index `names`. Of more than 40 classes the most frequent are drawn.
    names: of the classes.
    title: above it.
    marked: row -> column of the cell that gets a frame.
  """
  table, rows, columns = _table(cells, names)
  figure, axes = _new(rows, columns, names)
  logs = np.log2(np.maximum(table, 1e-9))
  usual = np.nanquantile(np.abs(logs), 0.95)
  clip = next((lift for lift in _CLIPS if np.log2(lift) >= usual), _CLIPS[-1])
  norm = colors.Normalize(-np.log2(clip), np.log2(clip))
  image = _draw_table(axes, logs, norm, "RdBu_r", table, "{:.2f}")
  _name(axes, rows, columns, names)
  for row, column in marked.items():
    if row in rows and column in columns:
      place = columns.index(column) - 0.5, rows.index(row) - 0.5
      axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=fig.INK, lw=1.6))
  axes.set_ylabel("anticipated action", fontsize=9, color=fig.INK)
  frames = "; framed: the antecedent" if marked else ""
  axes.set_xlabel(f"past action that is attended to{frames}", fontsize=9, color=fig.INK)
  axes.set_title(title, fontsize=10, fontweight="bold", color=fig.INK, loc="left")
  ticks = [1 / clip, clip**-0.5, 1, clip**0.5, clip]
  bar = _bar(figure, axes, image, "attention / chance", shrink=0.7, extend="both")
  bar.set_ticks(np.log2(ticks), labels=[f"{lift:.2g}" for lift in ticks])
  fig.save(figure, path)


def draw_effects(
  path: str | os.PathLike,
  positions: Sequence[tuple[int, int, float, float, float]],
  cells: Sequence[Cell],
  names: Sequence[str],
) -> None:
  """Draws the effect of replacing a past action: by its position back in time, and by pair of actions.

  Args:
    path: of the picture.
    positions: for each position back in time (position, number of replacements, probability change, total variation,
      share of changed first guesses).
    cells: changes of the probability; row: anticipated action, column: replaced action.
    names: of the classes.
  """
  table, rows, columns = _table(cells, names)
  width, height = _table_size(rows, columns, names)
  figure = Figure(figsize=(5.4 + width + 1.2, max(height, 4.2)), layout="constrained")
  left, right = figure.subplots(1, 2, width_ratios=(4.6, width + 1.2))
  shown = [entry for entry in positions if entry[0] <= _MAX_POSITIONS]
  x = np.arange(len(shown))
  series = {"first guess changes (share)": 4, "total variation distance": 3, "change of the probability": 2}
  for i, (label, field) in enumerate(series.items()):
    left.bar(x + 0.27 * (i - 1), [entry[field] for entry in shown], width=0.25, color=fig.COLOURS[i], label=label)
  fig.clear_frame(left)
  left.axhline(0, color=fig.FAINT, lw=0.8)
  left.grid(axis="y", color="#e2e2e2", lw=0.6)
  left.set_xticks(x, [f"{entry[0]}\nn={entry[1]:,}" for entry in shown], fontsize=8)
  left.set_xlabel("replaced action, so many actions back", fontsize=9, color=fig.INK)
  left.set_title("By position", fontsize=10, fontweight="bold", color=fig.INK, loc="left")
  left.legend(fontsize=8, frameon=False, labelcolor=fig.INK)
  most = max(float(np.nanmax(np.abs(table))), 1e-6)
  image = _draw_table(right, table, colors.Normalize(-most, most), "RdBu_r", 100 * table, "{:+.0f}")
  _name(right, rows, columns, names)
  right.set_ylabel("anticipated action", fontsize=9, color=fig.INK)
  right.set_xlabel("past action that is replaced", fontsize=9, color=fig.INK)
  right.set_title("By pair: change of the probability, percentage points", fontsize=10, fontweight="bold",
                  color=fig.INK, loc="left")  # fmt: skip
  _bar(figure, right, image, "change of the probability", shrink=0.7)
  fig.save(figure, path)


def draw_sample(
  path: str | os.PathLike,
  title: str,
  times: np.ndarray,
  attention: np.ndarray,
  reached: np.ndarray,
  gate: np.ndarray | None,
  strips: Sequence[Strip],
  names: Sequence[str],
) -> None:
  """Draws one observation window over time: attention by head and its mean, the gate, and strips of classes.

  Args:
    path: of the picture.
    title: above it.
    times: (T,) seconds, evenly spaced; 0 is the start of the action to come.
    attention: (H, T).
    reached: (T,) bool; steps that cannot be attended to are grey.
    gate: (T,) or None.
    strips: rows of classes.
    names: of the classes.
  """
  # A panel each for attention, gate and strips, of heights that suit their rows.
  every = times[1] - times[0] if len(times) > 1 else 1.0
  edges = np.append(times - every, times[-1])  # A step ends at its time.
  heights = [0.26 * (len(attention) + 1) + 0.2, *([0.9] if gate is not None else []), 0.42 * len(strips)]
  figure = Figure(figsize=(11, sum(heights) + 1.5), layout="constrained")
  panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
  # Attention: the mean above the heads.
  weights = np.where(reached, np.concatenate([attention.mean(0, keepdims=True), attention]), np.nan)
  heat = colormaps["Blues"].with_extremes(bad=_UNKNOWN)
  top = float(np.nanmax(weights)) if reached.any() else 1.0
  image = panels[0].pcolormesh(edges, np.arange(len(weights) + 1), weights, cmap=heat, vmin=0, vmax=top)
  panels[0].axhline(1, color="white", lw=2)
  panels[0].set_yticks(np.arange(len(weights)) + 0.5, ["mean", *(f"head {h + 1}" for h in range(len(attention)))])
  panels[0].invert_yaxis()
  _bar(figure, panels[0], image, "attention", aspect=8, pad=0.01)
  if gate is not None:
    panels[1].stairs(gate, edges, color=fig.COLOURS[1], lw=1.6, baseline=None)
    panels[1].set_ylim(0, 1)
    panels[1].set_ylabel("gate:\nshare of past", fontsize=8, color=fig.INK)
    panels[1].grid(axis="y", color="#e2e2e2", lw=0.6)
  _draw_strips(figure, panels[-1], edges, strips, names)
  for axes in panels:
    fig.clear_frame(axes)
    axes.axvline(0, color=fig.INK, lw=0.9, ls=(0, (4, 3)))
    axes.set_xlim(edges[0], max(0.0, edges[-1]) + 0.02 * (edges[-1] - edges[0]))
  panels[-1].set_xlabel("seconds; 0: the action to come starts", fontsize=8, color=fig.INK)
  panels[0].set_title(title, fontsize=10, fontweight="bold", color=fig.INK, loc="left")
  fig.save(figure, path)


def _draw_strips(figure, axes, edges, strips, names):
  """Draws runs of equal classes as bars with the class name, or a legend for names that do not fit."""
  present = list(dict.fromkeys(int(label) for strip in strips for label in strip.labels if label >= 0))
  colour = {label: fig.COLOURS[i % len(fig.COLOURS)] for i, label in enumerate(present)}
  per_inch, unnamed = (edges[-1] - edges[0]) / 8.6, set()
  for row, strip in enumerate(strips):
    bounds = np.flatnonzero(np.diff(strip.labels, prepend=-2, append=-2))
    for start, end in zip(bounds[:-1], bounds[1:], strict=True):
      label, width = int(strip.labels[start]), edges[end] - edges[start]
      if label < 0:
        continue
      axes.barh(row, width, left=edges[start], height=0.8, color=colour[label], edgecolor="white", alpha=0.75)
      if width >= _CHARACTER_INCHES * len(names[label]) * per_inch:
        middle = 0.5 * (edges[start] + edges[end])
        dark = np.mean(colors.to_rgb(colour[label])) < 0.55
        axes.text(middle, row, names[label], ha="center", va="center", fontsize=7, color="white" if dark else fig.INK)
      else:
        unnamed.add(label)
  axes.set_ylim(len(strips) - 0.5, -0.5)
  axes.set_yticks(range(len(strips)), [strip.name for strip in strips])
  if unnamed:
    handles = [Patch(color=colour[label], alpha=0.75, label=names[label]) for label in present if label in unnamed]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize=7, frameon=False)


def _table(cells: Sequence[Cell], names: Sequence[str]):
  """(values, NaN where there is no cell; row ids; column ids) of the most frequent classes, sorted by name."""
  weights = {"row": {}, "column": {}}
  for cell in cells:
    for side, sums in weights.items():
      sums[getattr(cell, side)] = sums.get(getattr(cell, side), 0) + cell.weight
  rows, columns = (
    sorted(sorted(sums, key=lambda label: -sums[label])[:_MAX_CLASSES], key=lambda label: names[label].strip("()"))
    for sums in weights.values()
  )
  table = np.full((len(rows), len(columns)), np.nan)
  for cell in cells:
    if cell.row in rows and cell.column in columns:
      table[rows.index(cell.row), columns.index(cell.column)] = cell.value
  return table, rows, columns


def _new(rows, columns, names):
  """A figure for one table, and its axes."""
  width, height = _table_size(rows, columns, names)
  figure = Figure(figsize=(width + 1.2, height), layout="constrained")
  return figure, figure.subplots()


def _table_size(rows, columns, names):
  """(width, height) in inches of a table with the names of its classes."""
  longest = max(len(names[label]) for label in [*rows, *columns])
  return [1 + _CHARACTER_INCHES * longest + min(max(0.32 * len(labels), 2), 13) for labels in (columns, rows)]


def _draw_table(axes: Axes, values, norm, cmap, numbers, form):
  """Draws a table of colours, with its numbers if there is space for them."""
  image = axes.imshow(values, cmap=colormaps[cmap].with_extremes(bad=_UNKNOWN), norm=norm, aspect="auto")
  if max(values.shape) <= _NUMBERED:
    for row, column in zip(*np.nonzero(~np.isnan(values))):
      strong = abs(norm(values[row, column]) - 0.5) > 0.33
      text = form.format(numbers[row, column])
      axes.text(column, row, text, ha="center", va="center", fontsize=7, color="white" if strong else fig.INK)
  return image


def _bar(figure, axes, image, label, **style):
  """Draws the colour bar of an image."""
  bar = figure.colorbar(image, ax=axes, **style)
  bar.set_label(label, fontsize=8, color=fig.INK)
  bar.ax.tick_params(labelsize=8, color=fig.FAINT, labelcolor=fig.INK)
  bar.outline.set_visible(False)
  return bar


def _name(axes, rows, columns, names):
  """Writes the class names at rows and columns of a table."""
  axes.set_xticks(range(len(columns)), [names[label] for label in columns], rotation=90, fontsize=7)
  axes.set_yticks(range(len(rows)), [names[label] for label in rows], fontsize=7)
  axes.tick_params(length=0)
  for spine in axes.spines.values():
    spine.set_visible(False)
