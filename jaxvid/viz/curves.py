"""Losses and scores over the steps of a run, from its metrics.jsonl."""

import collections
import json
import os
import pathlib

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jaxvid.viz import figure as fig


def draw(path: str | os.PathLike, metrics_jsonl: str | os.PathLike) -> None:
  """Draws the losses (names that end in "loss") and, if any were logged, the scores and recalls (names under "eval/").

  Args:
    path: of the picture, by its ending a PNG, SVG or PDF.
    metrics_jsonl: a JSON object a line, {"step": int, NAME: number, ...}.

  Raises:
    ValueError: if the file holds neither losses nor scores.
  """
  curves = _read(pathlib.Path(metrics_jsonl))
  losses = {name: curve for name, curve in curves.items() if name.endswith("loss")}
  scores = {name.removeprefix("eval/"): curve for name, curve in curves.items() if name.startswith("eval/")}
  recalls = {name: scores.pop(name) for name in list(scores) if name.startswith("recall")}
  groups = [(name, group) for name, group in [("loss", losses), ("score", scores), ("recall", recalls)] if group]
  if not groups:
    raise ValueError(f"{metrics_jsonl} holds neither a loss nor a score")
  figure = Figure(figsize=(6 * len(groups), 3.4), layout="constrained")
  panels = figure.subplots(1, len(groups), squeeze=False)[0]
  for axes, (name, group) in zip(panels, groups, strict=True):
    _draw_panel(axes, name, group)
  fig.save(figure, path)


def _read(path: pathlib.Path) -> dict[str, list[tuple[int, float]]]:
  """The (step, value) pairs of each name."""
  curves = collections.defaultdict(list)
  for line in path.read_text().splitlines():
    row = json.loads(line)
    step = row.pop("step")
    for name, value in row.items():
      curves[name].append((step, value))
  return curves


def _draw_panel(axes: Axes, name: str, curves: dict[str, list[tuple[int, float]]]) -> None:
  for i, (label, curve) in enumerate(curves.items()):
    colour, line = fig.COLOURS[i % len(fig.COLOURS)], ("-", "--", ":")[i // len(fig.COLOURS) % 3]
    axes.plot(*zip(*curve, strict=True), line, color=colour, lw=1.4, marker="." if len(curve) < 30 else "", label=label)
  fig.clear_frame(axes)
  axes.grid(color="#e2e2e2", lw=0.6)
  axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
  axes.set_ylim(bottom=0)
  axes.set_xlabel("step", fontsize=8, color=fig.INK)
  axes.set_title(name, fontsize=9, fontweight="bold", color=fig.INK, loc="left")
  axes.legend(fontsize=8, labelcolor=fig.INK, frameon=False, loc="upper left", bbox_to_anchor=(1, 1), handlelength=3)
