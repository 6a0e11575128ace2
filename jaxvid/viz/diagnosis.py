"""Pictures of a detector's errors: types of false positives, and sensitivity to characteristics of actions."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jaxvid.viz import figure as fig

# True positives are dark; errors are in the order of the paper.
_KIND_COLOURS = dict(
  true_positive="#117733",
  double_detection="#DDCC77",
  wrong_label="#88CCEE",
  localization="#CC6677",
  confusion="#AA4499",
  background="#BBBBBB",
)
_AP, _MISSED = "#332288", "#CC6677"


def draw_false_positives(
  path: str | os.PathLike,
  profile: Sequence[Mapping[str, float]],
  gain: Mapping[str, float],
  average_map_n: float,
) -> None:
  """Draws the false positive profile, and the gain of mAP_N from removing each type of error (DETAD).

  Args:
    path: of the picture; its ending says PNG, SVG or PDF.
    profile: for the best G predictions of each class, the next G, and so on: kind -> share, "true_positive" first. G is
      the number of actions of the class.
    gain: type of error -> gain of mAP_N.
    average_map_n: mAP_N with all errors.
  """
  # Left: shares of the kinds, stacked.
  figure = Figure(figsize=(10, 3.8), layout="constrained")
  left, right = figure.subplots(1, 2, width_ratios=(3, 2))
  bottom, x = np.zeros(len(profile)), np.arange(1, len(profile) + 1)
  for kind, colour in _KIND_COLOURS.items():
    shares = 100 * np.array([part[kind] for part in profile])
    left.bar(x, shares, bottom=bottom, width=0.8, color=colour, label=_words(kind))
    bottom = bottom + shares
  _frame(left, "What the detections are, from the surest on")
  left.set_xticks(x, [f"{g}G" for g in x])
  left.set_ylim(0, 100)
  left.set_ylabel("share of the detections, %", fontsize=8, color=fig.INK)
  left.set_xlabel("rank in the class; G: its number of actions", fontsize=8, color=fig.INK)
  style = dict(ncols=6, fontsize=8, labelcolor=fig.INK, frameon=False, handlelength=1.2)
  figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", **style)

  # Right: gains.
  y = np.arange(len(gain))
  gains = 100 * np.array(list(gain.values()))
  right.barh(y, gains, height=0.62, color=[_KIND_COLOURS[name] for name in gain])
  for position, value in zip(y, gains):
    _write(right, f"{value:+.1f}", (max(value, 0), position), (4, 0), ha="left", va="center")
  _frame(right, f"What removing an error adds to mAP_N = {100 * average_map_n:.1f}")
  right.set_yticks(y, [_words(name) for name in gain])
  right.tick_params(axis="y", length=0)
  right.grid(axis="y", visible=False)
  right.grid(axis="x", color="#e2e2e2", lw=0.6)
  right.invert_yaxis()
  right.set_xlim(min(0, gains.min(initial=0)), max(1.15 * gains.max(initial=0), 1))
  right.set_xlabel("percentage points", fontsize=8, color=fig.INK)
  fig.save(figure, path)


def draw_sensitivity(
  path: str | os.PathLike,
  characteristics: Mapping[str, Sequence[Any]],
  average_map_n: float,
  missed: float,
) -> None:
  """Draws mAP_N and the share of missed actions for groups of actions; dashed lines show all actions.

  Args:
    path: of the picture; its ending says PNG, SVG or PDF.
    characteristics: title -> groups with name, lower, upper, num_actions, average_map_n and missed.
    average_map_n, missed: of all actions.
  """
  sizes = [len(groups) for groups in characteristics.values()]
  figure = Figure(figsize=(2.2 + 0.75 * sum(sizes), 5.2), layout="constrained")
  figure.get_layout_engine().set(wspace=0.06)
  panels = figure.subplots(2, len(characteristics), squeeze=False, sharex="col", sharey="row", width_ratios=sizes)
  for column, (title, groups) in enumerate(characteristics.items()):
    _draw_groups(panels[0, column], [g.average_map_n for g in groups], average_map_n, _AP)
    _draw_groups(panels[1, column], [g.missed for g in groups], missed, _MISSED)
    panels[0, column].set_title(f"by {title}", fontsize=9, fontweight="bold", color=fig.INK, loc="left")
    panels[1, column].set_xticks(
      range(len(groups)), [f"{g.name}\n{_range(g)}\nn={g.num_actions}" for g in groups], fontsize=8
    )
    panels[0, column].tick_params(axis="x", length=0)
  panels[0, 0].set_ylabel(f"mAP_N, %  (all actions: {100 * average_map_n:.1f})", fontsize=8, color=fig.INK)
  panels[1, 0].set_ylabel(f"actions missed, %  (all: {100 * missed:.1f})", fontsize=8, color=fig.INK)
  fig.save(figure, path)


def _draw_groups(axes: Axes, values: Sequence[float | None], overall: float, colour: str) -> None:
  for x, value in enumerate(values):
    if value is None:
      _write(axes, "none", (x, 0), (0, 3), ha="center", va="bottom", color=fig.FAINT, style="italic")
      continue
    axes.bar(x, 100 * value, width=0.72, color=colour)
    # On white, so that the dashed line does not cross out the number.
    box = dict(facecolor="white", edgecolor="none", pad=0.6)
    _write(axes, f"{100 * value:.1f}", (x, 100 * value), (0, 3), ha="center", va="bottom", bbox=box, zorder=4)
  axes.axhline(100 * overall, color=fig.INK, lw=0.9, ls=(0, (4, 3)), zorder=3)
  _frame(axes)
  axes.set_xlim(-0.6, len(values) - 0.4)
  axes.set_ylim(0, 108)


def _frame(axes: Axes, title: str = "") -> None:
  fig.clear_frame(axes)
  axes.grid(axis="y", color="#e2e2e2", lw=0.6)
  axes.yaxis.set_major_locator(MaxNLocator(6))
  axes.set_title(title, fontsize=9, fontweight="bold", color=fig.INK, loc="left")


def _write(axes: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
  axes.annotate(text, at, offset, textcoords="offset points", **dict(fontsize=8, color=fig.INK) | style)


def _range(group: Any) -> str:
  if np.isinf(group.upper):
    return f"> {group.lower:.3g}"
  return f"≤ {group.upper:.3g}" if group.lower <= 0 else f"{group.lower:.3g}–{group.upper:.3g}"


def _words(name: str) -> str:
  return name.replace("_", " ")
